"""The page of `shorthop discover --html` in a headless Chromium: in light, in dark, on a phone and for screen readers.
SHORTHOP_SCREENSHOTS=DIR keeps pictures of it in DIR.
"""

import os
import re
from pathlib import Path

from browser import Browser
from checks import check
from world import World

FORMS = {"light": {}, "dark": {"dark": True}, "phone": {"width": 375, "phone": True}}
HOSTILE = ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "</style><h1>x", "b\u00fccher", "a\u202egnp.exe", "&lt;"]
COLOURS = """(() => {
  const found = [];
  for (const one of document.querySelectorAll("h1,h2,p,dt,dd,th,td,figcaption,span,summary,code")) {
    let behind = one;
    while (behind && getComputedStyle(behind).backgroundColor === "rgba(0, 0, 0, 0)") behind = behind.parentElement;
    found.push([one.tagName, getComputedStyle(one).color, getComputedStyle(behind).backgroundColor]);
  }
  return found;
})()"""


def trip(number, name, delay):
    """The log lines of round trip `number` for an alias; the round trips are ten hours apart."""
    def line(seconds, daemon, text):
        at = number * 36_000 + seconds
        day, rest = divmod(at, 86_400)
        return (f"2026-11-{day + 1:02}T{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}+00:00 mx "
                f"postfix/{daemon}[1]: {text}\n")
    lines = []
    for queue_id, client, seconds, daemon, to, relay in (
            (f"A{number:06X}", "out.example.net[198.51.100.7]", 0, "smtp", f"{name}@example.org", "mail.example.org[192.0.2.10]:25"),
            (f"B{number:06X}", "mail.example.org[192.0.2.10]", delay, "local", "user@example.com", "local")):
        lines += [line(seconds, "smtpd", f"{queue_id}: client={client}"),
                  line(seconds, "cleanup", f"{queue_id}: message-id=<{number}@example.net>"),
                  line(seconds, "qmgr", f"{queue_id}: from=<sender@example.net>, size=20000, nrcpt=1 (queue active)"),
                  line(seconds, daemon, f"{queue_id}: to=<{quoted_if_needed(to)}>, relay={relay}, delay=1, status=sent (ok {number})"),
                  line(seconds, "qmgr", f"{queue_id}: removed")]
    return "".join(lines) + (line(delay, "smtpd", "NOQUEUE: reject: RCPT from mail.example.org[192.0.2.10]: 550 no") if number % 7 == 0 else "")


def quoted_if_needed(address):
    local, _, domain = address.rpartition("@")
    plain = re.fullmatch(r"[\w.]+", local)
    return address if plain else '"' + local.replace('"', '\\"') + '"@' + domain


def page(world: World, names):
    (world.root / "mail.log").write_text("".join(trip(number, name, 1 + number % 50) for number, name in enumerate(names)),
                                         encoding="utf-8")
    ran = world.run("discover", "--html", str(world.root / "mail.log"))
    check(ran.returncode == 0, ran)
    path = world.root / "page.html"
    path.write_bytes(ran.stdout)
    return path


def contrast(one, other):
    """WCAG 2.1, contrast ratio of two colours as getComputedStyle gives them."""
    def luminance(colour):
        parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
        linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def names_of_trips():
    return [name for name in ["user.lastname", "user", "info", "a.very.long.local.part.of.an.alias.with.many.dots"]
            for _ in range(12)] + HOSTILE


def test_page_in_a_browser(world: World):
    """discover --html: in light, in dark and on a phone the page loads no files, logs no error and fits the screen"""
    path = page(world, names_of_trips())
    pictures = os.environ.get("SHORTHOP_SCREENSHOTS")
    with Browser() as browser:
        for form, settings in FORMS.items():
            browser.open(path, **settings)
            loaded = [address for address in browser.requests() if not address.startswith("data:")]
            check(loaded == [f"file://{path}"], f"{form}: it loads {loaded}")
            check(not browser.complaints(), f"{form}: {browser.complaints()}")
            width = settings.get("width", 1100)
            wide = browser.evaluate("document.documentElement.scrollWidth")
            check(wide <= width, f"{form}: the page is {wide} pixels wide on a screen of {width}")
            weak = {(tag, round(contrast(text, behind), 1)) for tag, text, behind in browser.evaluate(COLOURS)
                    if contrast(text, behind) < 4.5}
            check(not weak, f"{form}: weak contrast of {weak}")
            check(browser.evaluate("document.scripts.length + document.images.length") == 0, "something was injected")
            if pictures:
                browser.screenshot(Path(pictures) / f"discover-{form}.png")


def test_page_for_a_screen_reader(world: World):
    """discover --html: a screen reader gets title, language, landmarks, headings, table headers and names of charts"""
    path = page(world, names_of_trips())
    with Browser() as browser:
        for form, settings in FORMS.items():
            browser.open(path, **settings)
            check(browser.evaluate("document.documentElement.lang") == "en", "no language")
            check(browser.evaluate("document.title").startswith("Round trips of mail, 2026-11-01"), "no title")
            nodes = browser.accessible()
            roles = [role for role, _ in nodes]
            for role in ("banner", "main", "contentinfo"):
                check(roles.count(role) == 1, f"{form}: {roles.count(role)} landmarks {role}")
            check(roles.count("table") == 3, f"{form}: {roles.count('table')} tables")
            headers = [name for role, name in nodes if role == "columnheader"]
            check({"Sent to", "Came back for", "Times", "Bytes", "Mean time", "shorthop"} < set(headers), f"{form}: {headers}")
            rows = {re.sub(r"[\s\u200b]", "", name) for role, name in nodes if role == "rowheader"}
            check("user.lastname@example.org" in rows, f"{form}: the headers of rows are {rows}")
            charts = [name for role, name in nodes if role in ("image", "img")]
            check(len(charts) == 3 and all(charts), f"{form}: {charts}")
            check(len([role for role in roles if role == "heading"]) == 6, f"{form}: headings {roles.count('heading')}")


def test_hostile_names_on_the_page(world: World):
    """discover --html: HTML in names of the log is shown as text"""
    path = page(world, HOSTILE)
    with Browser() as browser:
        browser.open(path)
        shown = browser.evaluate("document.body.innerText")
        for name in HOSTILE:
            visible = name.replace("\u202e", "\\u{202e}")
            check(visible in shown.replace('\\"', '"'), f"{visible!r} is not shown")
        check(browser.evaluate("document.querySelectorAll('h1').length") == 1, "a heading was injected")


def test_long_addresses_fit(world: World):
    """discover --html: a long address is wrapped, so that all columns fit, and addresses are written left to right"""
    path = page(world, ["x" * 250, "sehr-" * 40, "\u05d0\u05d1\u05d2", "user"])
    with Browser() as browser:
        for form, settings in FORMS.items():
            browser.open(path, **settings)
            room, wanted = browser.evaluate(
                "(() => { const one = document.querySelector('.wide'); return [one.clientWidth, one.scrollWidth]; })()")
            check(wanted <= room, f"{form}: the table needs {wanted} pixels and has {room}")
        directions = browser.evaluate("[...document.querySelectorAll('bdi')].map(one => getComputedStyle(one).direction)")
        check(set(directions) == {"ltr"}, f"addresses are written in the directions {directions}")


def test_sizes_that_the_log_does_not_have(world: World):
    """discover --html: sizes that the log does not have are shown as unknown, not as 0 B"""
    path = page(world, ["user"])
    log = world.root / "mail.log"
    log.write_text("".join(line for line in log.read_text().splitlines(True) if "size=" not in line))
    path.write_bytes(world.run("discover", "--html", str(log)).stdout)
    with Browser() as browser:
        browser.open(path)
        shown = browser.evaluate("document.body.innerText")
        check("unknown" in shown and "0 B" not in shown, f"the page says {shown}")


def tests():
    return [test_long_addresses_fit, test_sizes_that_the_log_does_not_have,
            test_page_in_a_browser, test_page_for_a_screen_reader, test_hostile_names_on_the_page]
