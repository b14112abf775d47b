"""Outlines: reference system, repair, key and area are right or named; N03 as the ministry publishes it."""

import warnings
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
from shapely.geometry import Polygon, box

from optimizer.errors import InputError, UsageError
from optimizer.export.imported import write_imported
from optimizer.inputs.boundaries import read_boundaries
from optimizer.inputs.importers import find_importer
from optimizer.inputs.pack import find_pack

ANY, N03 = find_importer("boundaries"), find_importer("n03")
JAPAN = read_boundaries(find_pack("japan"))
BOW_TIE = Polygon([(139, 35), (140, 36), (140, 35), (139, 36)])
TOUCHING = Polygon([(0, 0), (4, 0), (2, 2), (4, 4), (0, 4), (2, 2), (0, 0)])
"""A ring that touches itself in one point: invalid, yet its area (8) is no one's guess."""


def save(path: Path, rows: dict, crs: str | None = "EPSG:4326") -> Path:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a file without reference system is what some tests are about
        pyogrio.write_dataframe(gpd.GeoDataFrame(rows, geometry="geometry", crs=crs), path)
    return path


def squares(path: Path, crs: str | None = "EPSG:4326", **columns) -> Path:
    return save(
        path,
        {"site": ["a", "b"], "grid": ["n", "s"], "geometry": [box(0, 1, 1, 2), box(0, 0, 1, 1)]} | columns,
        crs,
    )


def codes(importer, files, options) -> list[tuple[str, str]]:
    with pytest.raises(InputError) as caught:
        importer.read(files, options)
    assert all(problem.message_ja for problem in caught.value.problems)
    return [(problem.place.rsplit("/", 1)[-1], problem.code) for problem in caught.value.problems]


@pytest.mark.parametrize("name", ["x.gpkg", "x.geojson", "x.shp"])
def test_every_format_becomes_the_boundaries_of_a_pack(tmp_path, name):
    tables = ANY.read([squares(tmp_path / name)], {"area": "grid"})
    write_imported(tables, tmp_path / "pack")
    own = read_boundaries(tmp_path / "pack")
    assert list(own.sites.index) == ["a", "b"]
    assert own.areas.geometry["n"].area == pytest.approx(1.0)
    first = (tmp_path / "pack" / "boundaries.gpkg").read_bytes()
    write_imported(tables, tmp_path / "pack", replace=True)
    assert (tmp_path / "pack" / "boundaries.gpkg").read_bytes() == first, "the same outlines, the same bytes"


def test_features_of_one_site_are_joined(tmp_path):
    rows = {"site": ["a", "a"], "grid": ["n", "n"], "geometry": [box(0, 0, 1, 1), box(1, 0, 3, 1)]}
    sites = ANY.read([save(tmp_path / "x.gpkg", rows)], {"area": "grid"})["boundaries.prefectures"]
    assert len(sites) == 1
    assert sites.geometry.iloc[0].area == pytest.approx(3.0)


def test_reference_system_must_be_known(tmp_path):
    bare = squares(tmp_path / "x.shp", crs=None)
    assert codes(ANY, [bare], {"area": "grid"}) == [("x.shp", "E390")]
    assert len(ANY.read([bare], {"area": "grid", "crs": "EPSG:6668"})["boundaries.prefectures"]) == 2
    assert codes(ANY, [bare], {"area": "grid", "crs": "degrees"}) == [("x.shp", "E390")]
    stated = squares(tmp_path / "y.gpkg")
    assert codes(ANY, [stated], {"area": "grid", "crs": "EPSG:3857"}) == [("y.gpkg", "E390")]


def test_metres_called_degrees_are_refused(tmp_path):
    rows = {"site": ["a"], "grid": ["n"], "geometry": [box(380_000, 3_900_000, 390_000, 3_910_000)]}
    assert codes(ANY, [save(tmp_path / "x.gpkg", rows)], {"area": "grid"}) == [("x.gpkg", "E390")]


def test_swapped_longitude_and_latitude_are_called_that(tmp_path):
    rows = {"site": ["a"], "grid": ["n"], "geometry": [box(35, 139, 36, 140)]}
    with pytest.raises(InputError, match="longitude and latitude look swapped"):
        ANY.read([save(tmp_path / "x.gpkg", rows)], {"area": "grid"})


def test_projected_outlines_are_moved_to_degrees(tmp_path):
    """UTM zone 54 north, 500 km east, 0 km north: the central meridian, 141 degrees east, on the equator."""
    rows = {"site": ["a"], "grid": ["n"], "geometry": [box(499_000, 1_000, 501_000, 3_000)]}
    path = save(tmp_path / "x.gpkg", rows, "EPSG:32654")
    shape = ANY.read([path], {"area": "grid"})["boundaries.prefectures"].geometry.iloc[0]
    assert shape.centroid.x == pytest.approx(141.0, abs=1e-6)
    assert 0 < shape.centroid.y < 0.03


def test_bow_tie_is_refused_and_touching_ring_repaired(tmp_path):
    rows = {"site": ["a", "b"], "grid": ["n", "n"], "geometry": [TOUCHING, BOW_TIE]}
    assert codes(ANY, [save(tmp_path / "x.gpkg", rows)], {"area": "grid"}) == [("x.gpkg:feature 2", "E392")]
    rows = {"site": ["a"], "grid": ["n"], "geometry": [TOUCHING]}
    sites = ANY.read([save(tmp_path / "y.gpkg", rows)], {"area": "grid"})["boundaries.prefectures"]
    assert sites.geometry.iloc[0].is_valid
    assert sites.geometry.iloc[0].area == pytest.approx(TOUCHING.area)


def test_missing_key_empty_key_points_and_nonsense(tmp_path):
    path = squares(tmp_path / "x.gpkg")
    assert codes(ANY, [path], {"key": "name", "area": "grid"}) == [("x.gpkg", "E325")]
    empty = squares(tmp_path / "y.gpkg", site=["a", None])
    assert codes(ANY, [empty], {"area": "grid"}) == [("y.gpkg:feature 2", "E328")]
    points = save(tmp_path / "z.gpkg", {"site": ["a"], "grid": ["n"], "geometry": [box(0, 0, 1, 1).centroid]})
    assert codes(ANY, [points], {"area": "grid"}) == [("z.gpkg:feature 1", "E392")]
    (tmp_path / "n.gpkg").write_text("no map")
    assert codes(ANY, [tmp_path / "n.gpkg"], {"area": "grid"}) == [("n.gpkg", "E391")]
    assert codes(ANY, [tmp_path / "absent.gpkg"], {"area": "grid"}) == [("absent.gpkg", "E380")]
    with pytest.raises(UsageError, match="grid area"):
        ANY.read([path], {})


def test_which_layer_is_asked(tmp_path):
    path = tmp_path / "x.gpkg"
    frame = gpd.GeoDataFrame({"site": ["a"], "grid": ["n"]}, geometry=[box(0, 0, 1, 1)], crs=4326)
    for layer in ("one", "two"):
        pyogrio.write_dataframe(frame, path, layer=layer, append=path.exists())
    assert codes(ANY, [path], {"area": "grid"}) == [("x.gpkg", "E391")]
    assert len(ANY.read([path], {"area": "grid", "layer": "two"})["boundaries.prefectures"]) == 1


def test_one_site_in_two_areas_is_refused(tmp_path):
    path = squares(tmp_path / "x.gpkg", site=["a", "a"])
    assert codes(ANY, [path], {"area": "grid"}) == [("x.gpkg", "E393")]


def n03(path: Path, codes_of: list[str | None], names: list[str], encoding: str | None = None) -> Path:
    """Prefecture name, municipality, code; JGD2011; text in CP932 without .cpg where asked."""
    shapes = [box(139 + i, 35, 140 + i, 36) for i in range(len(names))]
    frame = gpd.GeoDataFrame(
        {"N03_001": names, "N03_004": ["町"] * len(names), "N03_007": codes_of},
        geometry=shapes,
        crs="EPSG:6668",
    )
    pyogrio.write_dataframe(frame, path, encoding=encoding)
    if encoding:
        path.with_suffix(".cpg").unlink(missing_ok=True)
    return path


def test_n03_municipalities_in_cp932_without_cpg(tmp_path):
    path = n03(tmp_path / "N03-23.shp", ["13101", "13102", "13000"], ["東京都"] * 3, "CP932")
    tables = N03.read([path], {"level": "municipality", "pack": "japan"})
    assert list(tables["boundaries.prefectures"]["site"]) == ["13101", "13102"], (
        "land of no municipality is left out"
    )
    assert list(tables["boundaries.grid_areas"]["area"]) == ["tokyo"]
    assert len(tables["boundaries.land"]) == len(JAPAN.land)


def test_n03_prefectures_need_all_sites_of_the_pack(tmp_path):
    path = n03(tmp_path / "N03.geojson", ["13101", None, "14100"], ["東京都", "東京都", "神奈川県"])
    problems = codes(N03, [path], {"pack": "japan"})
    assert len(problems) == 45
    assert {code for _, code in problems} == {"E338"}
    whole = save(tmp_path / "all.gpkg", _as_n03(), "EPSG:6668")
    tables = N03.read([whole], {"pack": "japan", "simplify_m": "500"})
    assert list(tables["boundaries.prefectures"]["site"]) == list(JAPAN.sites.index)
    assert list(tables["boundaries.grid_areas"]["area"]) == list(JAPAN.areas.index)
    assert tables["boundaries.prefectures"].is_valid.all()
    vertices = tables["boundaries.prefectures"].count_coordinates().sum()
    assert vertices < JAPAN.sites.count_coordinates().sum(), "simplified"


def _as_n03() -> dict:
    numbers = [str(site).removeprefix("JP-") for site in JAPAN.sites.index]
    return {
        "N03_001": [f"県{number}" for number in numbers],
        "N03_007": [f"{number}101" for number in numbers],
        "geometry": list(JAPAN.sites.geometry),
    }


def test_n03_without_its_columns_and_unknown_level(tmp_path):
    path = squares(tmp_path / "x.gpkg")
    assert codes(N03, [path], {"pack": "japan"}) == [("x.gpkg", "E325"), ("x.gpkg", "E325")]
    with pytest.raises(UsageError, match="level"):
        N03.read([path], {"level": "village"})
