"""Finer sites: every point in exactly one prefecture or named, nothing counted twice, and a plan comes out."""

import json
import shutil
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from optimizer.cli import main
from optimizer.errors import InputError, UsageError
from optimizer.export.imported import write_imported
from optimizer.inputs.boundaries import read_boundaries
from optimizer.inputs.importers import find_importer
from optimizer.inputs.pack import find_pack, read_pack
from optimizer.inputs.site_join import join

SITES = find_importer("sites")
JAPAN = find_pack("japan")
PACK, OUTLINES = read_pack(JAPAN), read_boundaries(JAPAN)
COARSE = PACK.tables["sites"]


def points_file(path: Path, rows: list[tuple], columns: tuple[str, ...] = ("site", "lon", "lat")) -> Path:
    pd.DataFrame(rows, columns=list(columns)).to_csv(path, index=False)
    return path


def codes(path: Path, **options: str) -> list[tuple[str, str]]:
    with pytest.raises(InputError) as caught:
        SITES.read([path], {"pack": "japan"} | options)
    assert all(problem.message_ja for problem in caught.value.problems)
    return [(problem.place.rsplit("/", 1)[-1], problem.code) for problem in caught.value.problems]


@pytest.fixture(scope="module")
def scattered(tmp_path_factory) -> Path:
    """About 300 random points, six or seven in every prefecture."""
    generator, rows = np.random.default_rng(20261122), []
    for number, (site, shape) in enumerate(OUTLINES.sites.geometry.items()):
        left, bottom, right, top = shape.bounds
        found = 0
        while found < 6 + (number % 3 == 0):
            x, y = generator.uniform(left, right), generator.uniform(bottom, top)
            if shape.contains(shapely.Point(x, y)):
                rows.append((f"{site}-{found}", round(x, 5), round(y, 5)))
                found += 1
    return points_file(tmp_path_factory.mktemp("points") / "points.csv", rows)


@pytest.fixture(scope="module")
def fine_pack(scattered, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("fine") / "fine"
    shutil.copytree(JAPAN, folder)
    write_imported(SITES.read([scattered], {"pack": "japan"}), folder, replace=True)
    return folder


def test_three_hundred_points_make_a_pack_and_nothing_is_counted_twice(fine_pack):
    pack = read_pack(fine_pack)
    fine = pack.tables["sites"]
    assert len(fine) == 298
    for column in ("existing_it_mw", "headroom_mw", "site_limit_mw"):
        assert fine[column].sum() == pytest.approx(COARSE[column].sum())
        by_area = fine.groupby("area")[column].sum()
        pd.testing.assert_series_equal(by_area, COARSE.groupby("area")[column].sum(), check_exact=False)
    for table, column in (("reinforcements", "size_mw"), ("renewable_potential", "potential_mw")):
        assert pack.tables[table][column].sum() == pytest.approx(PACK.tables[table][column].sum())
    assert fine.at["JP-13-0", "land_jpy_per_m2"] == COARSE.at["JP-13", "land_jpy_per_m2"]


def test_every_point_has_its_own_piece_of_land_and_no_land_is_lost(fine_pack):
    cells = read_boundaries(fine_pack).sites
    assert len(cells) == 298
    whole = sum(shape.area for shape in OUTLINES.sites.geometry)
    assert sum(shape.area for shape in cells.geometry) == pytest.approx(whole, rel=1e-9)
    points = read_pack(fine_pack).tables["sites"]
    for site, row in points.iterrows():
        assert cells.geometry[site].distance(shapely.Point(row["lon"], row["lat"])) < 1e-9


@pytest.mark.full
def test_three_hundred_points_give_a_plan(fine_pack, tmp_path, capsys):
    """The same totals on finer sites: the plan builds the same load within one per cent of the cost."""
    (fine_pack.parent / "s.yaml").write_text("base: japan-2030\nname: fine\npack: ./fine\n")
    costs = []
    for scenario in (str(fine_pack.parent / "s.yaml"), "japan-2030"):
        words = [
            "run",
            scenario,
            "--preview",
            "--json",
            "-o",
            str(tmp_path / Path(scenario).stem),
            "--workers",
            "1",
        ]
        assert main(words) == 0
        summary = json.loads(capsys.readouterr().out)
        costs.append(summary["cost_jpy_bn_per_a"])
    assert costs[0] == pytest.approx(costs[1], rel=0.01)
    assert (tmp_path / "s" / "index.html").is_file()


def test_own_figures_win_and_empty_cells_take_over(tmp_path):
    rows = [("one", 139.6, 35.7, 50.0, 3.0), ("two", 139.3, 35.7, "", 1.0)]
    path = points_file(tmp_path / "x.csv", rows, ("site", "lon", "lat", "headroom_mw", "weight"))
    fine = SITES.read([path], {"pack": "japan"})["sites"].set_index("site")
    tokyo = COARSE.loc["JP-13"]
    assert fine.at["one", "headroom_mw"] == 50.0
    assert fine.at["two", "headroom_mw"] == pytest.approx(tokyo["headroom_mw"] / 4)
    assert fine.at["one", "site_limit_mw"] == pytest.approx(tokyo["site_limit_mw"] * 3 / 4)


def test_prefectures_without_points_keep_stock_and_renewables_but_host_nothing(tmp_path):
    tables = SITES.read([points_file(tmp_path / "x.csv", [("one", 139.6, 35.7)])], {"pack": "japan"})
    sites = tables["sites"].set_index("site")
    rest = sites.drop(index="one")
    assert len(rest) == 46
    assert (rest[["headroom_mw", "site_limit_mw"]] == 0).all().all()
    assert sites["existing_it_mw"].sum() == COARSE["existing_it_mw"].sum()
    assert set(tables["reinforcements"]["site"]) == {"one"}
    assert len(tables["renewable_potential"]) == len(PACK.tables["renewable_potential"])


def test_point_at_sea_is_refused_beyond_the_tolerance(tmp_path):
    """35.0 N, 141.5 E is some 90 km east of Boso, in the Pacific."""
    path = points_file(tmp_path / "x.csv", [("ship", 141.5, 35.0), ("land", 139.6, 35.7)])
    assert codes(path) == [("x.csv:2", "E393")]
    fine = SITES.read([path], {"pack": "japan", "tolerance_km": "150"})["sites"].set_index("site")
    assert fine.at["ship", "area"] == "tokyo"


def test_swapped_coordinates_border_and_double_points_are_named(tmp_path):
    border = OUTLINES.sites.geometry["JP-13"].intersection(OUTLINES.sites.geometry["JP-14"])
    x, y = shapely.get_coordinates(border)[3]
    rows = [("swapped", 35.7, 139.6), ("a", 139.6, 35.7), ("b", 139.6, 35.7), ("edge", x, y)]
    path = tmp_path / "x.csv"
    path.write_text(
        "site,lon,lat\n" + "".join(f"{site},{float(lon)!r},{float(lat)!r}\n" for site, lon, lat in rows[1:])
    )
    assert codes(path) == [("x.csv:4", "E393"), ("x.csv:3", "E393")]
    assert codes(points_file(tmp_path / "y.csv", rows[:2])) == [("y.csv:2", "E322")]


@pytest.mark.parametrize(
    ("pack", "point"), [("japan", (35.7, 139.6)), ("germany", (52.4, 13.06)), ("germany", (48.14, 11.58))]
)
def test_a_swapped_point_is_told_so(tmp_path, pack, point):
    """Latitude 139.6 is none; 13.06 is one, in Ethiopia: only the outlines know that it was meant the other way."""
    path = points_file(tmp_path / "x.csv", [("one", *point)])
    with pytest.raises(InputError, match="longitude and latitude look swapped") as caught:
        SITES.read([path], {"pack": pack})
    (problem,) = caught.value.problems
    assert (problem.code, problem.place.endswith("x.csv:2")) == ("E322", True)
    assert f"{point[0]:g}" in problem.message
    assert problem.message_ja
    assert SITES.read([points_file(path, [("one", *reversed(point))])], {"pack": pack})


@pytest.mark.parametrize("name", ["gone.csv", "gone.gpkg"])
def test_a_missing_file_of_sites_is_said_with_what_to_give(tmp_path, name):
    """It is a file to import: the words on tables of a pack would send the reader the wrong way."""
    with pytest.raises(InputError) as caught:
        SITES.read([tmp_path / name], {"pack": "japan"})
    (problem,) = caught.value.problems
    assert problem.code == "E321"
    assert problem.place.endswith(name)
    assert "site, lon, lat" in problem.message
    assert "GeoPackage" in problem.message
    assert "every table of the pack" not in problem.message


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("site,lon\na,139\n", "E325"),
        ("site,lon,lat\n,139.6,35.7\n", "E328"),
        ("site,lon,lat\na,139.6,35.7\na,139.7,35.7\n", "E333"),
        ("site,lon,lat\na,east,35.7\n", "E329"),
        ("site,lon,lat,headroom_mw\na,139.6,35.7,-4\n", "E332"),
        ("site,lon,lat,weight\na,139.6,35.7,0\n", "E332"),
    ],
)
def test_mangled_points_are_named(tmp_path, text, code):
    path = tmp_path / "x.csv"
    path.write_text(text)
    assert code in [found for _, found in codes(path)]


def vector(path: Path, shapes: list, crs: str | None, **columns: list) -> Path:
    frame = gpd.GeoDataFrame(
        {"id": [f"s{n}" for n in range(len(shapes))]} | columns, geometry=shapes, crs=crs
    )
    pyogrio.write_dataframe(frame, path)
    return path


def test_outlines_from_a_geopackage_in_another_system(tmp_path):
    """A square in plane coordinates (zone 9, JGD2011) lies in Tokyo; its own outline is kept, its `area` ignored."""
    square = gpd.GeoSeries([shapely.box(139.5, 35.68, 139.52, 35.7)], crs=4326).to_crs(6677).iloc[0]
    path = vector(tmp_path / "x.gpkg", [square], "EPSG:6677", area=[4.2], site_limit_mw=[120.0])
    tables = SITES.read([path], {"pack": "japan", "key": "id"})
    fine = tables["sites"].set_index("site").loc["s0"]
    assert (fine["area"], fine["site_limit_mw"]) == ("tokyo", 120.0)
    assert fine["lon"] == pytest.approx(139.51, abs=0.005)
    outline = tables["boundaries.prefectures"].set_index("site").geometry["s0"]
    assert outline.bounds == pytest.approx((139.5, 35.68, 139.52, 35.7), abs=1e-4)
    assert codes(path)[0][1] == "E325", "the column is called id, not site"


def test_municipalities_go_from_the_ministrys_file_to_sites(tmp_path):
    """Two towns of Tokyo in N03, one of them in two pieces: two sites, each with half of the prefecture."""
    boxes = [shapely.box(139.2 + x, 35.68, 139.21 + x, 35.7) for x in (0.0, 0.1, 0.2)]
    frame = gpd.GeoDataFrame(
        {"N03_001": ["東京都"] * 3, "N03_007": ["13201", "13202", "13202"]}, geometry=boxes, crs="EPSG:6668"
    )
    pyogrio.write_dataframe(frame, tmp_path / "N03.geojson")
    outlines = find_importer("n03").read(
        [tmp_path / "N03.geojson"], {"level": "municipality", "pack": "japan"}
    )
    write_imported(outlines, tmp_path / "towns")
    options = {"pack": "japan", "layer": "prefectures"}
    tables = SITES.read([tmp_path / "towns" / "boundaries.gpkg"], options)
    towns = tables["sites"].set_index("site").loc[["13201", "13202"]]
    assert list(towns["headroom_mw"]) == [COARSE.at["JP-13", "headroom_mw"] / 2] * 2
    shapes = tables["boundaries.prefectures"].set_index("site").geometry
    assert shapes["13202"].geom_type == "MultiPolygon"


def test_lines_and_wrong_attributes_are_named(tmp_path):
    line = vector(tmp_path / "x.gpkg", [shapely.LineString([(139, 35), (140, 36)])], "EPSG:4326")
    assert codes(line, key="id") == [("x.gpkg:feature 1", "E392")]
    wrong = vector(tmp_path / "y.gpkg", [shapely.Point(139.6, 35.7)], "EPSG:4326", headroom_mw=["lots"])
    assert codes(wrong, key="id") == [("y.gpkg:1", "E329")]


def test_options_are_asked_for(tmp_path):
    path = points_file(tmp_path / "x.csv", [("one", 139.6, 35.7)])
    for options, words in (({}, "pack"), ({"pack": "japan", "defaults": "mean"}, "nearest")):
        with pytest.raises(UsageError, match=words):
            SITES.read([path], options)
    with pytest.raises(UsageError, match="one file"):
        SITES.read([path, path], {"pack": "japan"})


def test_every_candidate_lies_in_the_prefecture_it_names():
    """One row put into the sea, or into the next prefecture, fails here."""
    candidates = pd.read_csv(JAPAN / "candidates.csv")
    assert len(candidates) >= 30
    assert set(candidates["ownership"]) == {"domestic", "developer", "joint", "foreign"}
    given = gpd.GeoDataFrame(
        {"site": candidates["candidate"], "place": candidates["candidate"]},
        geometry=gpd.points_from_xy(
            candidates["lon"] + 1e-4 * candidates.index, candidates["lat"], crs=4326
        ),  # towns hold several: some metres apart, or they would be refused as one place
    )
    joined = join(given, OUTLINES, 10.0, "candidates.csv").table
    named = candidates.set_index("candidate")["region"]
    assert joined["coarse"].to_dict() == named.to_dict()


def test_faults_of_an_optional_table_are_named(tmp_path):
    folder = tmp_path / "mine"
    shutil.copytree(JAPAN, folder)
    text = (folder / "candidates.csv").read_text()
    (folder / "candidates.csv").write_text(
        text.replace(",domestic,JP-01,Asahikawa,142.36", ",state,JP-01,Asahikawa,far", 1)
    )
    with pytest.raises(InputError) as caught:
        read_pack(folder)
    assert {problem.code for problem in caught.value.problems} == {"E329", "E335"}
    (folder / "candidates.csv").unlink()
    assert set(read_pack(folder).tables) == set(PACK.tables), "a pack without it is whole"
