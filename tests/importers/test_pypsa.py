"""A PyPSA network as `export_to_csv_folder` writes it becomes areas, interties, fleets, storage and hours."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from optimizer.errors import InputError, UsageError
from optimizer.inputs.importers import find_importer, notes_of

PYPSA = find_importer("pypsa")
MONEY = {"jpy_per_currency": "160"}
FILES = {
    "network.csv": "name,pypsa_version\nTest,0.30.0\n",
    "snapshots.csv": "snapshot,objective\n2019-01-01 00:00:00,1.0\n",
    "carriers.csv": "name,co2_emissions\ngas,0.2\ncoal,0.34\nsolar,0.0\n",
    "buses.csv": "name,v_nom,x,y,carrier\nNorth,380,10.0,54.0,AC\nSouth,380,11.0,48.0,AC\n"
    "South DC,200,11.2,48.2,DC\nNorth H2,1,10.0,54.0,H2\n",
    "lines.csv": "name,bus0,bus1,s_nom,s_max_pu,x\n1,North,South,1000,0.7,0.1\n2,South,North,500,0.7,0.1\n",
    "links.csv": "name,bus0,bus1,p_nom,p_min_pu,efficiency,carrier\nhvdc,South,North,800,-0.5,0.96,DC\n"
    "electrolysis,North,North H2,400,0,0.7,H2\n",
    "generators.csv": "name,bus,carrier,p_nom,p_min_pu,efficiency,marginal_cost,p_max_pu,p_nom_extendable\n"
    "North gas,North,gas,1000,0.2,0.5,50,0.9,False\nNorth gas old,North,gas,500,0.5,0.4,80,0.6,False\n"
    "South coal,South,coal,600,0.4,0.4,30,,False\nNorth wind,North,onwind,300,,1,0,,True\n"
    "South wind,South,onwind,100,,1,0,,True\nSouth sun,South,solar,200,,1,0,,True\n"
    "South river,South,ror,50,,1,0,,False\nH2 shed,North H2,load,1000,,1,900,,False\n",
    "storage_units.csv": "name,bus,carrier,p_nom,max_hours,efficiency_store,efficiency_dispatch\n"
    "p1,South,PHS,100,6,0.87,0.9\np2,South,PHS,300,8,0.87,0.9\nb1,North,battery,50,2,0.95,0.95\n",
    "loads.csv": "name,bus,p_set\nln,North,0\nls,South,0\nfix,South,40\nlh,North H2,99\n",
}  # fmt: skip


@pytest.fixture
def folder(tmp_path) -> Path:
    """Two areas, a DC bus joined to none yet, hydrogen beside; a year of hours."""
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    time = pd.date_range("2019-01-01", periods=8760, freq="h", name="snapshot")
    hour = np.arange(8760)
    pd.DataFrame({"ln": 1000.0 + hour, "ls": 2000.0}, index=time).to_csv(tmp_path / "loads-p_set.csv")
    factors = {"North wind": hour / 1e4, "South wind": 0.25, "South sun": 0.125, "South river": 0.5}
    pd.DataFrame(factors, index=time).to_csv(tmp_path / "generators-p_max_pu.csv")
    return tmp_path


@pytest.fixture
def areas(folder) -> dict[str, str]:
    (folder / "_map.txt").write_text("bus,area\nNorth,n\nSouth,s\nSouth DC,s\n")
    return MONEY | {"map": str(folder / "_map.txt")}


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix == ".csv")


def codes(folder: Path, options: dict[str, str]) -> list[tuple[str, str]]:
    with pytest.raises(InputError) as caught:
        PYPSA.read(files(folder), options)
    assert all(problem.message_ja for problem in caught.value.problems)
    return [(problem.place.rsplit("/", 1)[-1], problem.code) for problem in caught.value.problems]


def test_buses_become_areas_and_lines_one_intertie(folder, areas):
    """North to south: 0.7 · 1,500 MW of lines and half of the link; south to north: the lines and all of it.
    Loss: 4 % of 800 over 2,300 MW. The electrolyser joins no areas."""
    tables = PYPSA.read(files(folder), areas)
    assert list(tables["areas"]["area"]) == ["n", "s"]
    (link,) = tables["interties"].to_dict("records")
    assert (link["from_area"], link["to_area"]) == ("n", "s")
    assert link["forward_mw"] == pytest.approx(1050 + 400)
    assert link["reverse_mw"] == pytest.approx(1050 + 800)
    assert link["loss_share"] == pytest.approx(0.04 * 800 / 2300, abs=1e-6)
    assert link["expansion_limit_mw"] == 0, (
        "PyPSA's yearly capital cost is not ours: expansion is not guessed"
    )


def test_generators_become_fleets_weighted_by_capacity(folder, areas):
    """Gas north: 1,500 MW, availability (900 + 300)/1500, cost (50·1000 + 80·500)/1500 = 60 per MWh = 9.6 JPY/kWh,
    CO2 0.2/0.5 and 0.2/0.4."""
    fleets = PYPSA.read(files(folder), areas)["fleets"].set_index(["area", "fleet"])
    gas = fleets.loc[("n", "gas")]
    assert gas["capacity_mw"] == 1500
    assert gas["availability_share"] == pytest.approx(0.8)
    assert gas["cost_jpy_per_kwh"] == pytest.approx(9.6)
    assert gas["co2_kg_per_kwh"] == pytest.approx((0.4 * 1000 + 0.5 * 500) / 1500, abs=1e-6)
    assert fleets.loc[("s", "coal"), "availability_share"] == 1.0, "an empty cell is PyPSA's default"
    assert len(fleets) == 2, "load shedding is no fleet"


def test_renewables_and_storage(folder, areas):
    tables = PYPSA.read(files(folder), areas)
    renewables = tables["renewables_existing"].set_index(["area", "technology"])["capacity_mw"]
    assert (renewables["n", "onshore"], renewables["s", "solar"], renewables["n", "solar"]) == (300, 200, 0)
    pumped = tables["storage"].set_index(["area", "storage"]).loc[("s", "pumped")]
    assert (pumped["power_mw"], pumped["energy_mwh"]) == (400, 3000)
    assert pumped["charge_efficiency"] == pytest.approx(0.87)


def test_hours_by_area(folder, areas):
    table = PYPSA.read(files(folder), areas | {"utc_offset_h": "1"})["hourly_areas"]
    wide = table.pivot(index="hour", columns=["quantity", "area"], values="value")
    assert wide["demand_mw", "n"][1] == 1000.0, "00:00 UTC is 01:00 here"
    assert (wide["demand_mw", "s"] == 2040.0).all(), "series and constant load together, hydrogen not"
    assert wide["onshore_cf", "n"][1001] == pytest.approx(0.1)
    assert (wide["hydro_mw", "s"] == 25.0).all()
    assert (wide["hydro_mw", "n"] == 0.0).all()


def test_ten_hours_are_no_year(folder, areas):
    for name in ("loads-p_set.csv", "generators-p_max_pu.csv"):
        lines = (folder / name).read_text().splitlines()[:11]
        (folder / name).write_text("\n".join(lines) + "\n")
    assert "hourly_areas" not in PYPSA.read(files(folder), areas)


def test_what_no_table_holds_is_said(folder, areas):
    """The river's 50 MW and the demand are hours only: with a year of them nothing is said, without it both are."""
    assert notes_of(PYPSA.read(files(folder), areas)) == ()
    for name in ("loads-p_set.csv", "generators-p_max_pu.csv"):
        (folder / name).unlink()
    said = [note.line("en") for note in notes_of(PYPSA.read(files(folder), areas))]
    assert [line.split(":")[0] for line in said] == ["demand is not taken", "50 MW of hydro are not taken"]
    assert all(note.line("ja") for note in notes_of(PYPSA.read(files(folder), areas)))


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (("generators.csv", "South coal,South", "South coal,Sued"), ("generators.csv:4", "E398")),
        (("lines.csv", "2,South,North", "2,South,Nord"), ("lines.csv:3", "E398")),
        (("generators.csv", "South,coal,600", "South,coal,much"), ("generators.csv:4", "E385")),
        (("generators.csv", "South,coal,600", "South,coal,-600"), ("generators.csv:4", "E332")),
        (("generators.csv", "South coal,South,coal", "South coal,South,"), ("generators.csv:4", "E398")),
        (("generators.csv", "North gas old,", "North gas,"), ("generators.csv:3", "E333")),
        (("storage_units.csv", "b1,North,battery", "b1,North,flywheel"), ("storage_units.csv:4", "E398")),
        (("buses.csv", "name,v_nom,x,y", "name,v_nom,lon,lat"), ("buses.csv", "E398")),
        (("loads-p_set.csv", "1005.0,2000.0", "oops,2000.0"), ("loads-p_set.csv:7", "E385")),
        (("loads-p_set.csv", "1005.0,2000.0", ",2000.0"), ("loads-p_set.csv:7", "E386")),
    ],
)
def test_mangled_network_is_named(folder, areas, change, found):
    file, old, new = change
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1))
    assert found in codes(folder, areas)


def test_no_network_and_no_map(folder, areas, tmp_path):
    (folder / "generators.csv").unlink()
    assert codes(folder, areas)[0][1] == "E398"
    (folder / "generators.csv").write_text(FILES["generators.csv"])
    (folder / "_map.txt").write_text("bus,area\nNorth,n\n")
    assert codes(folder, areas) == [("_map.txt", "E398")]
    (folder / "_map.txt").write_text("knoten,area\nNorth,n\n")
    assert codes(folder, areas) == [("_map.txt:1", "E325")]


def test_money_must_be_named(folder, areas):
    with pytest.raises(UsageError, match="jpy_per_currency"):
        PYPSA.read(files(folder), {"map": areas["map"]})


def test_carriers_can_be_named(folder, areas):
    text = (folder / "storage_units.csv").read_text().replace("b1,North,battery", "b1,North,Li-Ion")
    (folder / "storage_units.csv").write_text(text)
    names = folder / "_carriers.txt"
    names.write_text("carrier,technology\nLi-Ion,battery\n")
    storage = PYPSA.read(files(folder), areas | {"carriers": str(names)})["storage"]
    assert set(storage["storage"]) == {"pumped", "battery"}
    names.write_text("carrier,technology\nLi-Ion,accumulator\n")
    assert codes(folder, areas | {"carriers": str(names)}) == [("_carriers.txt", "E335")]


def test_netcdf_gives_the_same_tables(folder, areas, tmp_path):
    """`export_to_netcdf` stores `<component>_<attribute>` over `<component>_i`; the tables are those of the CSV."""
    xarray = pytest.importorskip("xarray", reason="optional: pip install wattbit[weather]")
    pytest.importorskip("h5py", reason="optional: pip install wattbit[weather]")
    data = {}
    for component in ("buses", "generators", "lines", "links", "loads", "storage_units", "carriers"):
        table = pd.read_csv(folder / f"{component}.csv", index_col=0)
        table.index = table.index.map(str)
        for name, column in table.items():
            values = column if column.dtype.kind in "fi" else column.astype(str)
            data[f"{component}_{name}"] = values.rename_axis(f"{component}_i").to_xarray()
    for component, attribute in (("loads", "p_set"), ("generators", "p_max_pu")):
        table = pd.read_csv(folder / f"{component}-{attribute}.csv", index_col=0, parse_dates=True)
        name = f"{component}_t_{attribute}"
        data[name] = table.rename_axis("snapshots").rename_axis(f"{name}_i", axis=1).stack().to_xarray()
    xarray.Dataset(data).to_netcdf(tmp_path / "net.nc", engine="h5netcdf")
    from_netcdf, from_csv = PYPSA.read([tmp_path / "net.nc"], areas), PYPSA.read(files(folder), areas)
    assert set(from_netcdf) == set(from_csv)
    for name, table in from_csv.items():
        pd.testing.assert_frame_equal(from_netcdf[name], table, check_dtype=False)
