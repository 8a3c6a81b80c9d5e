"""A headless Chromium, and the page of a server as its user sees it."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from tests.scripted import Server

T = TypeVar("T")
ARGUMENTS = """
    --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
    --disable-component-update --disable-sync --disable-dev-shm-usage --window-size=1200,900
"""


def start(folder: Path) -> webdriver.Chrome:
    """Start the browser with a profile in a folder; skips the test where there is none."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if browser is None or driver is None:
        pytest.skip("no chromium with chromedriver (Debian: apt install chromium chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for argument in [*ARGUMENTS.split(), f"--user-data-dir={folder / 'profile'}"]:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options, webdriver.ChromeService(driver))


def until(found: Callable[[], T], seconds: float = 20.0) -> T:
    """Return what is found as soon as it is true; fails when that takes too long."""
    limit = time.monotonic() + seconds
    while not (value := _unless_replaced(found)):
        assert time.monotonic() < limit, f"waited {seconds} s in vain; last: {value!r}"
        time.sleep(0.02)
    return value


def _unless_replaced(found: Callable[[], T]) -> T | None:
    """Return what is found, None where the browser puts another page in the place of what is looked at."""
    try:
        return found()
    except WebDriverException:
        return None


class Page:
    """The page, opened in a browser."""

    def __init__(self, driver: webdriver.Chrome, server: Server) -> None:
        self.driver, self.server = driver, server
        driver.get(server.url)

    def run(self, script: str, *arguments: object) -> Any:
        """Run the body of an asynchronous JavaScript function in the page and return its value."""
        whole = f"const done = arguments[arguments.length - 1]; (async (args) => {{ {script} }})(arguments).then(done)"
        return self.driver.execute_async_script(whole, *arguments)

    def find(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def text(self, selector: str) -> str:
        """Return what an element shows, its white space as it is."""
        return str(self.find(selector).get_property("textContent")).replace("\u00a0", " ")

    def type(self, text: str) -> None:
        self.find("#source").send_keys(text)

    def press(self, *keys: str) -> None:
        for key in keys:
            ActionChains(self.driver).send_keys(getattr(Keys, key)).perform()

    def clear(self) -> None:
        """Delete the text, as one does by keys."""
        self.find("#source").send_keys(Keys.CONTROL + "a", Keys.DELETE)

    def hover(self, element: WebElement) -> None:
        ActionChains(self.driver, duration=20).move_to_element(element).perform()

    def away(self) -> None:
        """Move the pointer where no word is."""
        self.hover(self.find("h1"))

    def shows(self, translation: str) -> None:
        """Wait for a translation that is not being replaced by another."""
        until(
            lambda: [each.get_property("textContent") for each in self.all("output:not([aria-busy])")] == [translation]
        )

    def translate(self, text: str, translation: str) -> None:
        self.type(text)
        self.shows(translation)

    def focused(self) -> str:
        """Return id, class or tag of what has the focus."""
        script = "const e = document.activeElement; return e.id || e.className || e.name || e.tagName"
        return str(self.driver.execute_script(script))

    def shades(self, container: str) -> dict[str, float]:
        """Return the words that are shaded in an element, with their weights."""
        script = (
            "return [...document.querySelectorAll(arguments[0] + ' .shaded')]"
            ".map((e) => [e.textContent, Number(e.style.getPropertyValue('--weight'))])"
        )
        return dict(self.driver.execute_script(script, container))

    def command(self, name: str, **parameters: Any) -> Any:
        """Give the browser a command of the DevTools protocol."""
        return self.driver.execute_cdp_cmd(name, parameters)

    def size(self, width: int, height: int) -> None:
        self.command(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False
        )

    def scheme(self, name: str) -> None:
        self.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def _log(self, kind: str) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = self.driver.get_log(kind)  # type: ignore[no-untyped-call]
        return entries

    def complaints(self) -> list[str]:
        """Return what the browser complained of since the last call."""
        return [entry["message"] for entry in self._log("browser") if entry["level"] == "SEVERE"]

    def addresses(self) -> list[str]:
        """Return the addresses of all requests since the last call."""
        messages = [json.loads(entry["message"])["message"] for entry in self._log("performance")]
        return [each["params"]["request"]["url"] for each in messages if each["method"] == "Network.requestWillBeSent"]
