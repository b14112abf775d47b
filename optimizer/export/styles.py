"""Default styles that QGIS applies when a layer of `plan.gpkg` is opened (table `layer_styles`)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from xml.etree import ElementTree

from optimizer.export import palette

_OPTION = "Option"


def point_style(name_field: str) -> str:
    """Return QML: circles whose area grows with `it_mw`, labelled where something is built."""
    size = 'if("it_mw" > 0.5, max(1.2, 0.28 * sqrt("it_mw")), 0.8)'
    root = _document()
    renderer = ElementTree.SubElement(
        root, "renderer-v2", type="singleSymbol", symbollevels="0", enableorderby="0"
    )
    symbol = _symbol(ElementTree.SubElement(renderer, "symbols"), "marker", "0")
    layer = _layer(
        symbol,
        "SimpleMarker",
        {
            "name": "circle",
            "color": _rgba(palette.SITE),
            "outline_color": _rgba(palette.SITE_EDGE),
            "outline_width": "0.3",
            "size": "2",
        },
    )
    _data_defined(layer, "size", size)
    _labels(root, f'if("it_mw" > 0.5, "{name_field}" || \' \' || round("it_mw"), \'\')')
    return _text(root)


def graduated_fill(field: str, limits: list[float]) -> str:
    """Return QML: polygons shaded by `field` in the classes of the printed map."""
    root = _document()
    renderer = ElementTree.SubElement(
        root,
        "renderer-v2",
        type="graduatedSymbol",
        attr=field,
        graduatedMethod="GraduatedColor",
        symbollevels="0",
    )
    edges = [-1.0, 0.5, *limits, 1e9]
    labels = ["0", f"≤ {limits[0]:g}", *(f"{a:g} – {b:g}" for a, b in pairwise(limits))]
    labels.append(f"> {limits[-1]:g}")
    ranges, symbols = ElementTree.SubElement(renderer, "ranges"), ElementTree.SubElement(renderer, "symbols")
    for number, (low, high) in enumerate(pairwise(edges)):
        ElementTree.SubElement(
            ranges,
            "range",
            symbol=str(number),
            lower=f"{low:.6f}",
            upper=f"{high:.6f}",
            render="true",
            label=labels[number],
        )
        _layer(
            _symbol(symbols, "fill", str(number)),
            "SimpleFill",
            {
                "color": _rgba(palette.SHADES[number]),
                "outline_color": "130,140,148,255",
                "outline_width": "0.15",
            },
        )
    return _text(root)


def outline_style() -> str:
    """Return QML: outlines only."""
    root = _document()
    renderer = ElementTree.SubElement(root, "renderer-v2", type="singleSymbol", symbollevels="0")
    symbol = _symbol(ElementTree.SubElement(renderer, "symbols"), "fill", "0")
    _layer(
        symbol,
        "SimpleFill",
        {"style": "no", "color": "255,255,255,0", "outline_color": "95,107,117,255", "outline_width": "0.5"},
    )
    return _text(root)


def link_style(
    colours: Sequence[str] = palette.LOADINGS, widths_pt: Sequence[float] = palette.LOADING_WIDTHS
) -> str:
    """Return QML: lines coloured and widened by `loading_share`, quarter by quarter."""
    root = _document()
    renderer = ElementTree.SubElement(
        root, "renderer-v2", type="graduatedSymbol", attr="loading_share", graduatedMethod="GraduatedColor"
    )
    ranges, symbols = ElementTree.SubElement(renderer, "ranges"), ElementTree.SubElement(renderer, "symbols")
    edges = (0.0, *palette.LOADING_LIMITS, 1.001)
    for number, (low, high) in enumerate(pairwise(edges)):
        ElementTree.SubElement(
            ranges,
            "range",
            symbol=str(number),
            lower=f"{low:.6f}",
            upper=f"{high:.6f}",
            render="true",
            label=f"{low * 100:.0f} – {min(high, 1) * 100:.0f} %",
        )
        _layer(
            _symbol(symbols, "line", str(number)),
            "SimpleLine",
            {
                "line_color": _rgba(colours[number]),
                "line_width": f"{widths_pt[number] * 0.3528:.2f}",
                "capstyle": "round",
            },
        )
    return _text(root)


def _document() -> ElementTree.Element:
    return ElementTree.Element("qgis", version="3.28.0", styleCategories="Symbology|Labeling")


def _symbol(parent: ElementTree.Element, kind: str, name: str) -> ElementTree.Element:
    return ElementTree.SubElement(parent, "symbol", type=kind, name=name, alpha="1", clip_to_extent="1")


def _layer(symbol: ElementTree.Element, kind: str, properties: dict[str, str]) -> ElementTree.Element:
    layer = ElementTree.SubElement(
        symbol, "layer", {"class": kind, "enabled": "1", "locked": "0", "pass": "0"}
    )
    options = ElementTree.SubElement(layer, _OPTION, type="Map")
    for name, value in properties.items():
        ElementTree.SubElement(options, _OPTION, type="QString", name=name, value=value)
    return layer


def _data_defined(layer: ElementTree.Element, name: str, expression: str) -> None:
    holder = ElementTree.SubElement(
        ElementTree.SubElement(layer, "data_defined_properties"), _OPTION, type="Map"
    )
    ElementTree.SubElement(holder, _OPTION, name="name", type="QString", value="")
    properties = ElementTree.SubElement(holder, _OPTION, name="properties", type="Map")
    rule = ElementTree.SubElement(properties, _OPTION, name=name, type="Map")
    ElementTree.SubElement(rule, _OPTION, name="active", type="bool", value="true")
    ElementTree.SubElement(rule, _OPTION, name="expression", type="QString", value=expression)
    ElementTree.SubElement(rule, _OPTION, name="type", type="int", value="3")
    ElementTree.SubElement(holder, _OPTION, name="type", type="QString", value="collection")


def _labels(root: ElementTree.Element, expression: str) -> None:
    labeling = ElementTree.SubElement(root, "labeling", type="simple")
    settings = ElementTree.SubElement(labeling, "settings", calloutType="simple")
    text = ElementTree.SubElement(
        settings,
        "text-style",
        fieldName=expression,
        isExpression="1",
        fontSize="8",
        textColor=_rgba(palette.INK),
    )
    ElementTree.SubElement(
        text, "text-buffer", bufferDraw="1", bufferSize="0.8", bufferColor="255,255,255,255"
    )
    ElementTree.SubElement(settings, "placement", placement="6", dist="1")


def _rgba(colour: str) -> str:
    return ",".join(str(int(colour[start : start + 2], 16)) for start in (1, 3, 5)) + ",255"


def _text(root: ElementTree.Element) -> str:
    return "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n" + ElementTree.tostring(
        root, "unicode"
    )
