"""A primary with Sendmail: its settings and tables as files; there is no postconf to ask."""

from checks import equal
from primary import SHELLS

CF = """\
#
#
Mprog,\t\tP=/bin/sh, F=lsDFMoqeu9, S=EnvFromL/HdrFromL,
\t\tT=X-Unix/X-Unix/X-Unix,
\t\tA=sh
Mscan,\t\tP=/usr/bin/scan, A=scan, F=A
Mrelay,\t\tP=[IPC], F=mDFMuXa8, A=TCP $h
Cwlocalhost
Fw/etc/mail/local-host-names
O AliasFile=/etc/mail/aliases, hash:/srv/more-aliases
Kvirtuser hash -o /etc/mail/virtusertable
Kmailertable hash -o /etc/mail/mailertable
Kaccess hash -T<TMPF> -o /etc/mail/access.db
F{VirtHost}-o /etc/mail/virtual-domains %[^#]
FP|/usr/bin/program
Kauth hash /etc/mail/authinfo
O DefaultAuthInfo=/etc/mail/default-auth-info
"""
WRITTEN = CF.replace("#", "# s3cret", 1).replace("#\n", "EPASSWORD=s3cret\n", 1) \
    .replace("A=sh", "A=sh -c $u s3cret").replace("A=scan", "A=scan --password s3cret $u")
FILES = {
    "sendmail.cf": WRITTEN, "local-host-names": "example.org\n",
    "aliases": "ann: ann@example.com\nlist: :include:/srv/list\n",
    "virtusertable": "sales@example.org ann\n", "virtusertable.db": "not really\n", "virtual-domains": "example.net\n",
    "access": "To:ann@example.org REJECT\nAuthInfo:mail.example.net \"P:s3cret\"\n", "access.db": "s3cret\n",
    "authinfo": "AuthInfo:x U:s3cret\n",
    "default-auth-info": "s3cret\n", "service.switch": "aliases\tfiles\n",
}


# Lines of sendmail.cf, and what the bundle has of them.
PROGRAMS = [
    ("Ma, P=/bin/a, A=a --key s3cret, F=A", "Ma, P=/bin/a, A=a, F=A"),
    ("Mb, P=/bin/b, A=b \"x, s3cret\", F=A", "Mb, P=/bin/b, A=b, F=A"),
    ("Mc, P=/bin/c, A=c x\\, s3cret, F=A", "Mc, P=/bin/c, A=c, F=A"),
    ("Md, Path=/bin/d, Argv = d s3cret, Flags=A", "Md, Path=/bin/d, Argv = d, Flags=A"),
    ("Me, P=/bin/e, A=e\n\t\ts3cret, F=A", "Me, P=/bin/e, A=e\n\t, F=A"),
    ("Mf, P=/bin/f, A=f \"x,\n\ts3cret\n\ts3cret\", F=A", "Mf, P=/bin/f, A=f\n\t\n\t, F=A"),
    ("Mg, P=/bin/g, A=\"g s3cret\", F=A", "Mg, P=/bin/g, A=\"g, F=A"),
    ("Mh, P=[IPC], A=TCP $h 2525", "Mh, P=[IPC], A=TCP $h 2525"),
    ("FX|/bin/x --key s3cret\n\ts3cret", "FX|/bin/x\n#"),
    ("F{Y}-o | /bin/y s3cret", "F{Y}-o | /bin/y"),
    ("Kz program -m /bin/z --key s3cret\n\ts3cret", "Kz program -m /bin/z\n#"),
    ("HX-Token: s3cret\n\ts3cret", "#\n#"),
    ("HSubject: $>+CheckSubject s3cret\n\ts3cret", "HSubject: $>+CheckSubject\n#"),
    ("H*: $>CheckAll", "H*: $>CheckAll"),
]


def test_sendmail(primary, _program):
    """the bundle has sendmail.cf, local-host-names and the files that they name, and no passwords"""
    for name, text in FILES.items():
        primary.write(f"/etc/mail/{name}", text)
    primary.write("/srv/list", "bob@example.com\n")
    primary.write("/srv/more-aliases", "bob: bob@example.com\n")
    primary.write_home("carol", ".forward", "carol@example.com\n")
    for shell in SHELLS:
        bundle = primary.export("--sendmail", shell=shell)
        equal(sorted(bundle.files), [
            "files/etc/mail/aliases", "files/etc/mail/local-host-names", "files/etc/mail/sendmail.cf",
            "files/etc/mail/service.switch", "files/etc/mail/virtual-domains", "files/etc/mail/virtusertable", "files/etc/mail/virtusertable.db",
            "files/srv/more-aliases",
            "forward/carol", "include/srv/list", "listed/unix:passwd.byname", "local-host-names", "manifest",
            "sendmail.cf", "stamp"])
        equal((bundle.wrong_sums(), bundle.text("sendmail.cf")), ([], CF))
        equal(bundle.manifest("not-copied"), [
            "/etc/mail/access: it has entries of AuthInfo, which may hold passwords",
            "/etc/mail/mailertable: no such file"])
        equal(bundle.manifest("system"), ["Sendmail"])
        assert b"s3cret" not in bundle.data


def test_forward_of_host(primary, _program):
    """if ForwardPath has the host's name, a user with such a file has an unreadable .forward in the mirror"""
    primary.write_home("ann", ".forward", "ann@example.com\n")
    primary.write_home("ann", ".forward+ext", "ann@example.com\n")
    primary.write_home("ann", ".forward.mail", "ann@example.net\n")
    primary.write_home("bob", ".forward+ext", "bob@example.com\n")
    primary.write_home("bob", ".forward", "bob@example.com\n")
    primary.write_home("bob", ".forward.mail+ext", "bob@example.net\n")
    for path, left in (("$z/.forward.$w:$z/.forward", ["forward/ann", "forward/bob+ext"]), ("$z/.forward", [])):
        primary.write("/etc/mail/sendmail.cf", f"{CF}O ForwardPath={path}\n")
        bundle = primary.export("--sendmail")
        copies = ["forward/ann", "forward/ann+ext", "forward/bob", "forward/bob+ext"]
        equal(sorted(name for name in bundle.files if name.startswith("forward/")), copies)
        equal([name for name in copies if bundle.files[name].mode == 0], left)
        equal([line.split(":")[0] for line in bundle.manifest("not-copied") if "forward" in line],
              [f"/home/{file}" for file in ("ann/.forward.mail", "bob/.forward.mail+ext")[:len(left)]])


def test_programs(primary, _program):
    """only the paths of Sendmail's programs are written, whatever form their arguments have"""
    primary.write("/etc/mail/local-host-names", "example.org\n")
    primary.write("/etc/mail/sendmail.cf", "".join(written + "\n" for written, _ in PROGRAMS))
    for shell in SHELLS:
        bundle = primary.export("--sendmail", shell=shell)
        assert b"s3cret" not in bundle.data, bundle.text("sendmail.cf")
        equal(bundle.text("sendmail.cf").split("\n"), "\n".join(kept for _, kept in PROGRAMS).split("\n") + [""])


TESTS = [test_sendmail, test_forward_of_host, test_programs]
