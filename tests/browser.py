"""Pages in a real browser: what they ask for and complain about. Without Chromium the tests say so and skip."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
in_browser = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium on this machine: install chromium to test the page"
)


class Watched:
    """A page with everything it asked for and complained about."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on(
            "console",
            lambda line: self.complaints.append(line.text) if line.type in ("error", "warning") else None,
        )
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.complaints.append(f"dialog {dialog.message}"))


Kind = TypeVar("Kind", bound=Watched)


@contextmanager
def opened(file: Path, kind: type[Kind]) -> Iterator[Kind]:
    """Open a page and wait until it says that it is ready."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        watched = kind(browser.new_page(viewport={"width": 1380, "height": 900}))
        watched.page.goto(file.as_uri())
        watched.page.wait_for_selector("html[data-ready=yes]")
        yield watched
        browser.close()


def bokeh(page: Page, expression: str) -> Any:
    """Evaluate with `named(name)` giving a Bokeh model of the page."""
    return page.evaluate(
        f"() => {{ const named = (name) => Bokeh.documents.at(-1).get_model_by_name(name); return {expression}; }}"
    )
