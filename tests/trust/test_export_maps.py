"""Maps: each format read again as a GIS would."""

from __future__ import annotations

import json
import sqlite3
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
from bokeh.models import ColumnDataSource
from export_fixtures import HOSTILE, SITES, toy_record
from matplotlib.colors import to_hex
from shapely.geometry import Point, Polygon, box

from optimizer.errors import UsageError
from optimizer.export import page_map, palette
from optimizer.export.figures import draw_map, write_maps
from optimizer.export.gis import write_gis
from optimizer.export.mapfibre import fibre_pieces
from optimizer.export.mapframe import WIDTH_PER_HEIGHT, map_frame, simpler
from optimizer.export.page_charts import Charts
from optimizer.export.record import RunRecord
from optimizer.export.tables import published_tables


@pytest.fixture(scope="module")
def record() -> RunRecord:
    return toy_record(hours=48)


@pytest.fixture(scope="module")
def maps(record: RunRecord, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("maps")
    write_gis(record, published_tables(record), folder)
    return folder


@pytest.mark.parametrize(
    ("layer", "count", "kind"),
    [("sites", 5, "Point"), ("areas", 3, "MultiPolygon"), ("prefectures", 5, "MultiPolygon"),
     ("interties", 1, "LineString"), ("fibre", 4, "LineString")],
)  # fmt: skip
def test_geopackage_layers_counts_and_reference_system(maps: Path, layer: str, count: int, kind: str) -> None:
    frame = gpd.read_file(maps / "plan.gpkg", layer=layer)
    assert len(frame) == count
    assert set(frame.geom_type) == {kind}
    assert frame.crs.to_epsg() == 4326


def test_longitude_is_x_in_every_format(maps: Path) -> None:
    package = gpd.read_file(maps / "plan.gpkg", layer="sites").set_index("site")
    geojson = gpd.read_file(maps / "plan.geojson")
    geojson = geojson[geojson["kind"] == "site"].set_index("site")
    kml = gpd.read_file(maps / "plan.kml", layer="sites", driver="LIBKML").set_index("site")
    for frame in (package, geojson, kml):
        ordered = frame.loc[SITES.site]
        np.testing.assert_allclose(ordered.geometry.x, SITES.lon, atol=1e-6)
        np.testing.assert_allclose(ordered.geometry.y, SITES.lat, atol=1e-6)


def test_intertie_runs_between_the_label_points_of_its_areas(maps: Path) -> None:
    line = gpd.read_file(maps / "plan.gpkg", layer="interties").geometry.iloc[0]
    assert list(line.coords) == [(141.0, 38.0), (135.0, 35.0)]


def test_fibre_runs_between_its_ends(maps: Path) -> None:
    line = gpd.read_file(maps / "plan.gpkg", layer="fibre").geometry.iloc[0]
    np.testing.assert_allclose(line.coords, SITES[["lon", "lat"]].iloc[:2])


def test_leased_fibre_is_no_layer(record: RunRecord, tmp_path: Path) -> None:
    tables = published_tables(record)
    tables["fibre"] = replace(tables["fibre"], frame=tables["fibre"].frame.iloc[:0])
    write_gis(record, tables, tmp_path)
    for file in ("plan.gpkg", "plan.kml"):
        assert "fibre" not in {name for name, _ in pyogrio.list_layers(tmp_path / file)}
    assert set(gpd.read_file(tmp_path / "plan.geojson")["kind"]) == {"site", "intertie"}


def test_fibre_is_coloured_by_loading_in_the_geopackage_and_listed_in_kml(maps: Path) -> None:
    """Greys of the fibre, not the colours of the interties: both styles have four classes of their own."""
    with sqlite3.connect(maps / "plan.gpkg") as base:
        styles = dict(base.execute("select f_table_name, styleQML from layer_styles").fetchall())
    for name, colours in (("fibre", palette.FIBRE_LOADINGS), ("interties", palette.LOADINGS)):
        for colour in colours:
            rgb = ",".join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5))
            assert rgb in styles[name], (name, colour)
    lines = gpd.read_file(maps / "plan.kml", layer="fibre", driver="LIBKML").set_index("fibre_link")
    package = gpd.read_file(maps / "plan.gpkg", layer="fibre").set_index("fibre_link")
    np.testing.assert_allclose(
        lines["loading_share"].astype(float), package["loading_share"].loc[lines.index]
    )
    drawn = np.array(lines.loc["E1_E2"].geometry.coords)[:, :2]
    np.testing.assert_allclose(drawn, SITES[["lon", "lat"]].iloc[:2], atol=1e-6)


def leased(record: RunRecord) -> RunRecord:
    """The run with its fibre leased: no link."""
    tables = record.plan.tables | {"fibre": record.plan.tables["fibre"].iloc[:0]}
    return replace(record, plan=replace(record.plan, tables=tables))


def test_fibre_pieces_run_from_town_to_town_and_into_the_inset(record: RunRecord) -> None:
    """E1–E2–I1–W1–W2, I1 in the inset: links to it are cut in two, six pieces of four links, none across the box."""
    frame = map_frame(record)
    pieces = fibre_pieces(record, frame)
    assert sorted(pieces["fibre_link"]) == ["E1_E2", "E2_I1", "E2_I1", "I1_W1", "I1_W1", "W1_W2"]
    assert pieces["loading_share"].is_monotonic_increasing
    plain = pieces.set_index("fibre_link").loc["E1_E2"]
    np.testing.assert_allclose(plain[["x0", "y0"]].astype(float), frame.sites.loc["E1"], atol=1e-6)
    np.testing.assert_allclose(plain[["x1", "y1"]].astype(float), frame.sites.loc["E2"], atol=1e-6)
    left, bottom, right, top = frame.inset or (0.0, 0.0, 0.0, 0.0)
    middle_x, middle_y = (pieces["x0"] + pieces["x1"]) / 2, (pieces["y0"] + pieces["y1"]) / 2
    inside = pieces[middle_x.between(left, right) & middle_y.between(bottom, top)]
    assert sorted(inside["fibre_link"]) == ["E2_I1", "I1_W1"]
    isle = frame.sites.loc["I1"]
    reaches = np.hypot(inside["x1"] - isle["x"], inside["y1"] - isle["y"]).min()
    leaves = np.hypot(inside["x0"] - isle["x"], inside["y0"] - isle["y"]).min()
    assert (reaches, leaves) == pytest.approx((0.0, 0.0), abs=1e-6)
    for x, y in (("x0", "y0"), ("x1", "y1")):
        assert inside[x].between(left - 1e-6, right + 1e-6).all()
        assert inside[y].between(bottom - 1e-6, top + 1e-6).all()


def test_maps_draw_fibre_by_loading_and_nothing_where_it_is_leased(record: RunRecord) -> None:
    """Six pieces in the grey of their quarter, in print and on the page; a leased run has no grey line, no legend."""
    greys = {
        palette.FIBRE_LOADINGS[palette.loading_class(x)] for x in record.plan.tables["fibre"]["loading_share"]
    }
    for run, expected, count in ((record, greys, 6), (leased(record), set(), 0)):
        frame = map_frame(run)
        picture = draw_map(run, frame, "en")
        lines = [to_hex(line.get_color()) for line in picture.axes[0].lines]
        drawn = [colour for colour in lines if colour in palette.FIBRE_LOADINGS]
        assert set(drawn) == expected
        assert len(drawn) == count
        titles = [legend.get_title().get_text() for legend in picture.legends]
        assert ("Fibre link: loading" in titles) == (count > 0)
        assert len(page_map.fibre_key(published_tables(run))) == (4 if count else 0)
        page = written_map(run)
        assert ("map-fibre" in page) == (count > 0)


def written_map(record: RunRecord) -> dict[str, Any]:
    """Names of the data sources of the page's map."""
    charts = Charts("en")
    page_map.add_map(charts, record, published_tables(record))
    sources = charts.roots["map"].select({"type": ColumnDataSource})
    return {source.name: source for source in sources}


def test_prefecture_layer_carries_the_megawatts_of_its_site(maps: Path) -> None:
    frame = gpd.read_file(maps / "plan.gpkg", layer="prefectures").set_index("site")
    assert frame["it_mw"].to_dict() == dict(zip(SITES.site, SITES.it_mw, strict=True))


def test_every_layer_has_a_default_style_that_is_well_formed(maps: Path) -> None:
    with sqlite3.connect(maps / "plan.gpkg") as base:
        rows = base.execute("select f_table_name, useAsDefault, styleQML from layer_styles").fetchall()
    assert {name for name, _, _ in rows} == {"sites", "areas", "prefectures", "interties", "fibre"}
    for _, default, qml in rows:
        assert default == 1
        root = ElementTree.fromstring(qml.split("\n", 1)[1])
        assert root.tag == "qgis"
        assert root.find("renderer-v2") is not None


def test_geojson_is_rfc_7946(maps: Path) -> None:
    content = json.loads((maps / "plan.geojson").read_text("utf-8"))
    assert content["type"] == "FeatureCollection"
    assert "crs" not in content
    kinds = [feature["properties"]["kind"] for feature in content["features"]]
    assert kinds.count("site") == 5
    assert kinds.count("intertie") == 1
    assert kinds.count("fibre") == 4


def test_hostile_name_is_text_in_every_format(maps: Path) -> None:
    assert HOSTILE in gpd.read_file(maps / "plan.gpkg", layer="sites")["name_en"].tolist()
    assert HOSTILE in gpd.read_file(maps / "plan.geojson")["name_en"].tolist()
    tags = {element.tag.split("}")[-1] for element in ElementTree.parse(maps / "plan.kml").iter()}
    assert "script" not in tags
    assert HOSTILE in gpd.read_file(maps / "plan.kml", layer="sites", driver="LIBKML")["Name"].tolist()
    assert len(pyogrio.list_layers(maps / "plan.kml")) == 3


def test_printed_maps_in_both_languages_and_the_chosen_one(record: RunRecord, tmp_path: Path) -> None:
    """Also with a name full of markup, mathematics and a letter no font has; no warning may pass."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        write_maps(replace(record, lang="ja"), tmp_path)
    for kind in ("png", "svg", "pdf"):
        japanese, english = ((tmp_path / f"plan.{lang}.{kind}").read_bytes() for lang in ("ja", "en"))
        assert japanese != english
        assert (tmp_path / f"plan.{kind}").read_bytes() == japanese
    ElementTree.parse(tmp_path / "plan.ja.svg")


def test_island_grid_goes_into_the_inset_and_the_others_stay(record: RunRecord) -> None:
    frame = map_frame(record)
    assert frame.inset is not None
    left, bottom, right, top = frame.inset
    inside = frame.sites["x"].between(left, right) & frame.sites["y"].between(bottom, top)
    assert inside[inside].index.tolist() == ["I1"]  # the only area without an intertie
    wide, high = frame.extent[2] - frame.extent[0], frame.extent[3] - frame.extent[1]
    assert wide / high == pytest.approx(WIDTH_PER_HEIGHT)


def test_shapes_keep_their_area_on_the_map(record: RunRecord) -> None:
    """One degree square at 38.5° N is 111.3² cos 38.5° = 9,690 km²; a plate carrée would show all squares alike."""
    shapes = map_frame(record).prefectures.set_index("site").geometry.area
    assert shapes["E1"] == pytest.approx(9690, rel=0.01)
    assert shapes["I1"] == pytest.approx(111.3**2 * np.cos(np.deg2rad(26.5)), rel=0.01)


def test_boundaries_without_a_reference_system_or_a_site_are_refused(record: RunRecord) -> None:
    bare = record.boundaries | {"context": record.boundaries["context"].set_crs(None, allow_override=True)}
    with pytest.raises(UsageError, match="context has no coordinate system"):
        map_frame(replace(record, boundaries=bare))
    short = record.boundaries | {"prefectures": record.boundaries["prefectures"].iloc[1:]}
    with pytest.raises(UsageError, match="no prefecture for sites E1"):
        map_frame(replace(record, boundaries=short))


def test_classes_of_the_map() -> None:
    limits = palette.class_limits(np.array([0.0, 620.0]))
    assert limits == [50.0, 100.0, 200.0, 500.0]
    assert [palette.class_of(value, limits) for value in (0.0, 20.0, 50.0, 51.0, 620.0)] == [0, 1, 1, 2, 5]
    assert [palette.loading_class(share) for share in (0.0, 0.25, 0.6, 1.0)] == [0, 1, 2, 3]


def test_land_of_the_country_outside_its_sites_is_land(record: RunRecord) -> None:
    """An area of four squares with sites in three: the fourth was drawn as sea."""
    areas = record.boundaries["grid_areas"].copy()
    areas.loc[0, "geometry"] = areas.geometry[0].union(box(141, 38, 142, 39))
    wider = replace(record, boundaries=record.boundaries | {"grid_areas": areas})
    for given, colour in ((wider, palette.LAND_HOME), (record, palette.SEA)):
        frame = map_frame(given)
        figure = draw_map(given, frame, "en")
        figure.canvas.draw()
        pixels = np.asarray(figure.canvas.buffer_rgba())
        inland = gpd.GeoSeries([Point(141.8, 38.85)], crs=4326).to_crs(frame.context.crs).iloc[0]
        x, y = figure.axes[0].transData.transform((inland.x, inland.y))
        assert to_hex(pixels[round(pixels.shape[0] - y), round(x)] / 255.0) == colour


def test_neighbours_keep_their_common_border_on_the_page() -> None:
    """Simplified one by one, the two halves of a square with a wavy border gape and overlap; together they do not."""
    y = np.linspace(0, 100, 401)
    wave = list(zip(50 + 3 * np.sin(y) + np.sin(7 * y), y, strict=True))
    halves = gpd.GeoSeries([Polygon([(0, 100), (0, 0), *wave]), Polygon([*wave, (100, 100), (100, 0)][::-1])])
    fewer = simpler(halves, 3.0)
    assert fewer.count_coordinates().sum() < 0.2 * halves.count_coordinates().sum()
    assert fewer.union_all().area == pytest.approx(100 * 100)
    assert fewer.area.sum() == pytest.approx(100 * 100)
    assert halves.simplify(3.0).union_all().area != pytest.approx(100 * 100), "what gaped"
    xs, ys = page_map.rings(halves, 3.0)
    drawn = [Polygon(zip(x[0][0], y[0][0], strict=True)) for x, y in zip(xs, ys, strict=True)]
    assert drawn[0].intersection(drawn[1]).area == pytest.approx(0.0, abs=1.0)


def test_the_page_draws_home_land_under_the_sites(record: RunRecord) -> None:
    near = gpd.GeoDataFrame({"name": ["Elsewhere"]}, geometry=[box(126, 34, 134, 39)], crs=4326)
    frame = map_frame(replace(record, boundaries=record.boundaries | {"context": near}))
    chart = page_map.empty_map(frame)
    page_map.draw_elsewhere(chart, frame)
    fills = [line.glyph.fill_color for line in chart.renderers]
    assert fills == [palette.LAND_ELSEWHERE, "white", palette.LAND_HOME]
