"""The systemd unit as checked by systemd itself (systemd-analyze), and its required contents."""
import configparser
import re

from installed import run

MOST_EXPOSED = 1.5
SECTIONS = {
    "Unit": [("Before", r"\bpostfix\.service\b.*\bpostfix@-\.service\b|\bpostfix@-\.service\b.*\bpostfix\.service\b"),
             ("StartLimitIntervalSec", "0")],
    "Service": [
        ("Type", r"notify(-reload)?"), ("WatchdogSec", r"\d+"), ("Restart", "on-failure"), ("User", "shorthop"),
        ("Group", "shorthop"), ("RuntimeDirectory", "shorthop"), ("ProtectSystem", "strict"),
        ("CapabilityBoundingSet", ""), ("NoNewPrivileges", "yes"), ("MemoryDenyWriteExecute", "yes"),
        ("RestrictAddressFamilies", "AF_UNIX AF_INET AF_INET6"), ("SystemCallArchitectures", "native"),
    ],
    "Install": [("WantedBy", r"multi-user\.target")],
}
# A unit that requires Postfix would not start without Postfix. The daemon does not fork or write a PID file.
FORBIDDEN = ["Requires", "BindsTo", "Requisite", "PIDFile", "EnvironmentFile", "PermissionsStartOnly"]


def unit_file(installed):
    return installed.stage / "usr/lib/systemd/system/shorthop.service"


def exposure(path):
    """The result of `systemd-analyze security` for a unit file, or None."""
    done = run("systemd-analyze", "security", "--offline=true", "--no-pager", path)
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    return float(found[1]) if found else None


def is_hardly_exposed(installed):
    found = exposure(unit_file(installed))
    return [] if found is not None and found <= MOST_EXPOSED else [f"the exposure is {found}, above {MOST_EXPOSED}"]


def a_weaker_unit_is_seen(installed):
    """Without the sandbox the check above must fail."""
    weaker = installed.scratch / "weaker.service"
    weaker.write_text(re.sub(r"^(Protect|Restrict|Private|SystemCall|Capab).*\n", "", unit_file(installed).read_text(),
                             flags=re.MULTILINE))
    found = exposure(weaker)
    return [] if found is not None and found > MOST_EXPOSED else [f"a unit without a sandbox is rated {found}"]


def has_required_settings(installed):
    parser = configparser.ConfigParser(strict=False, interpolation=None, delimiters=["="])
    parser.optionxform = str
    parser.read_string(unit_file(installed).read_text())
    problems = []
    for section, wanted in SECTIONS.items():
        for key, pattern in wanted:
            value = parser.get(section, key, fallback=None)
            if value is None or not re.search(pattern if section == "Unit" else rf"^(?:{pattern})$", value):
                problems.append(f"[{section}] {key} is {value!r}")
        problems += [f"[{section}] has {key}" for key in FORBIDDEN if parser.has_option(section, key)]
    reloads = parser.get("Service", "ExecReload", fallback=None)
    if (parser.get("Service", "Type") == "notify") != (reloads == "/usr/bin/shorthop reload"):
        problems.append(f"ExecReload is {reloads}: Type=notify needs it, Type=notify-reload uses a signal")
    return problems


def systemd_reads_it(installed):
    """Verifies the unit with the other prefix, because the program that it starts exists there."""
    done = run("systemd-analyze", "--man=no", "verify", installed.tried / "lib/systemd/system/shorthop.service")
    said = done.stdout + done.stderr
    return [] if done.returncode == 0 and "shorthop" not in said else [f"status {done.returncode}: {said}"]


def user_is_made(installed):
    """Runs systemd-sysusers on a system without users."""
    tree = installed.install("users", "/usr", staged=True)
    done = run("systemd-sysusers", f"--root={tree}")
    users = tree / "etc/passwd"
    text = users.read_text() if users.is_file() else ""
    return [] if re.search(r"^shorthop:[^:]*:\d+:\d+:[^:]*:/:/usr/sbin/nologin$", text, re.MULTILINE) else [
        f"status {done.returncode}: {done.stderr}{text}"]


def directories_are_listed(installed):
    lines = (installed.stage / "usr/lib/tmpfiles.d/shorthop.conf").read_text().splitlines()
    found = {tuple(line.split()[:5]) for line in lines if line and not line.startswith("#")}
    wanted = {("d", "/var/spool/postfix/shorthop", "2750", "shorthop", ":shorthop"),
              ("z", "/var/spool/postfix/shorthop", "2750", "shorthop", "postfix"),
              ("d", "/var/lib/shorthop", "0750", "shorthop", "shorthop"),
              ("d", "/var/lib/shorthop/state", "0750", "shorthop", "shorthop")}
    return [] if found == wanted else [f"tmpfiles.d has {sorted(found ^ wanted)} too many or too few"]


def scripts_parse(installed):
    """The init scripts for systems without systemd; sh only parses them."""
    problems = []
    for name in ("sysvinit/shorthop", "openrc/shorthop"):
        done = run("sh", "-n", installed.stage / "usr/share/doc/shorthop" / name)
        problems += [f"{name}: {done.stderr}"] if done.returncode else []
    return problems


def tests(installed):
    """(title, function that returns the problems)"""
    yield f"systemd-analyze security: an exposure of at most {MOST_EXPOSED}", lambda: is_hardly_exposed(installed)
    yield "test of the test: a unit without a sandbox is refused", lambda: a_weaker_unit_is_seen(installed)
    yield "the unit has the required settings, and no obsolete ones", lambda: has_required_settings(installed)
    yield "systemd-analyze verify reports nothing", lambda: systemd_reads_it(installed)
    yield "sysusers.d(5) makes the user, who cannot log in", lambda: user_is_made(installed)
    yield "tmpfiles.d(5) makes the directories, with their groups", lambda: directories_are_listed(installed)
    yield "sh can parse the init scripts", lambda: scripts_parse(installed)
