"""Tests of the rules themselves: small trees, each with one fault, and the expected message.

A check that cannot fail is useless; so for each rule there is at least one tree that it must reject.
"""

import subprocess
import tempfile
from pathlib import Path

import documents
import hardening
import includes
import names
import rules
from tree import Tree

LINKS = """\
shorthop_library(text fmt::fmt)
shorthop_library(system shorthop_text)
shorthop_library(control shorthop_system)
shorthop_library(mail shorthop_text fmt::fmt)
shorthop_library(tables shorthop_mail shorthop_system)
shorthop_library(primary shorthop_tables)
shorthop_library(session shorthop_primary)
shorthop_library(postfix shorthop_tables)
shorthop_library(settings shorthop_session shorthop_postfix)
shorthop_library(load shorthop_settings)
shorthop_library(daemon shorthop_load shorthop_control Threads::Threads)
shorthop_library(tool shorthop_load shorthop_control)  # not shorthop_daemon
"""

FUZZ_ENTRY = 'extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) { return 0; }\n'

FILL = documents.MIRROR_COMMAND
LIBRARIES = ["daemon", "load", "mail", "session", "tables", "tool"]

# A valid tree: every rule must accept it.
GOOD = {
    "CMakeLists.txt": "project(shorthop VERSION 1.2.0 LANGUAGES CXX)\n",
    "CHANGELOG.md": "# Changes\n\n## Unreleased (1.2.0)\n\n## 1.1.0\n",
    ".ci/packages/build": "# a list\ng++  # the compiler\nlibx-dev  # x\nliby-dev|libz-dev  # y\n",
    "packaging/debian/control": "Source: shorthop\nBuild-Depends:\n cmake (>= 3.25),\n libx-dev,\n libz-dev,\n\nPackage: x\n",
    "packaging/debian/changelog": "shorthop (1.2.0) unstable; urgency=medium\n",
    "packaging/rpm/shorthop.spec": "Version:  1.2.0\n%changelog\n* Sun Nov 22 2026 x <x@example.org> - 1.2.0-1\n",
    "LICENSE": "BSD 2-Clause License\nCopyright (c) the shorthop authors\nRedistributions in binary form\n",
    ".gitignore": "/build/\n",
    "dev": "#!/bin/bash\n",
    ".ci/run": "#!/bin/bash\n",
    ".ci/pre-commit": "#!/bin/bash\n",
    "packaging/export/shorthop-export-setup": "#!/bin/sh\n",
    "packaging/export/shorthop-export": "#!/bin/sh\nversion=1.2.0\nmaps='alias_maps'\n"
                                        "domain_lists='mydestination'\npanels='cow ldap'\n",
    "milter/CMakeLists.txt": LINKS,
    "milter/README.md": "".join(f"| `{folder}/` | x |\n" for folder in LIBRARIES),
    "milter/SOURCES.md": "# Sources\n\n- RFC 5321\n- aliases(5)\n",
    "milter/DESIGN.md": "## 1. The problem\n\n## 2. Promises\n\n1. **One.**\n2. **Two.**\n\n"
                        "| `a-b`, `c` | keep | x |\n",
    "milter/session/reason.h": '// x\n#pragma once\nReasonRow{Reason::a_b, "a-b", "x"},\nReasonRow{Reason::c, "c",\n "x"},\n',
    "tests/mta/FACTS.md": "## Deletions and more\n",
    "README.md": "See [design](milter/DESIGN.md), `mail/`, `milter/mail/address.*`, `milter/NAME/x.h`, `/etc/x.conf`.\n" +
                 FILL["README.md"] + "\n",
    "packaging/man/shorthop-tables.5.in": FILL["packaging/man/shorthop-tables.5.in"] + "\n",
    "milter/tool/setup/relay_file.cpp": f'// x\n"{FILL["milter/tool/setup/relay_file.cpp"]}"\n',
    "milter/tool/setup/panels.cpp": '// x\nPanel{.name = "cow", .listing = "--panel cow"}, Panel{.name = "text"}\n',
    "packaging/doc/panels/cow.md": "# x\n",
    "packaging/doc/panels/text.md": "# x\n",
    "tests/panels/cow/expect": "x\n",
    "tests/panels/text-other/expect": "x\n",
    "packaging/mirror/shorthop-mirror": "#!/bin/sh\nparameters='mydestination\n  alias_maps'\n",
    "milter/load/mirror/address_tables.cpp": '// x\ntables_of("alias_maps", values, files);\n',
    "milter/load/mirror/primary_postconf.cpp": '// x\ndomains_of("mydestination");\n',
    "milter/load/mirror/load_mirror.cpp": '// x\nlists("alias_maps", facts.alias_maps);\n',
    "milter/mail/address.h": "// An address (RFC 5321, 4.1.2).\n#pragma once\n#include <string>\n",
    "milter/tables/types/db_table.cpp": '// Berkeley DB.\n#include "mail/address.h"\n#include <db.h>\n',
    "milter/session/session.cpp":
        '// A session.\n#include "mail/address.h"\nconst char* url = "http://x/page(9)"; // aliases(5)\n'
        "int million = 1'000'000; // RFC 5321\n",
    "milter/mail/address.cpp": '#include "mail/address.h"\nstd::filesystem::path file;\n',
    "milter/load/files.h": "// Files.\n#pragma once\n#include <fstream>\n",
    "milter/daemon/bridge.cpp": '// The bridge.\n#include <libmilter/mfapi.h>\n#include "load/files.h"\n',
    "milter/daemon/log.cpp": "// The log.\n#include <spdlog/spdlog.h>\n",
    "tests/unit/mail/address_test.cpp": "// Tests of DESIGN 1 and of DESIGN 2.1, 2.2 (FACTS, deletions).\nint x;\n",
    "tests/fuzz/all.cpp": "// All.\n" + "".join(f'#include "{name}"\n' for name in rules.PARSERS) + FUZZ_ENTRY,
    "tests/fuzz/corpus/all/seed": "x",
}

# (rule, changes to GOOD (None: removed), words that must be in the problem)
BAD = [
    (includes.what_is_used_is_included, {"milter/load/files.h": "// x\n#pragma once\nclass Files;\nint find_file(int x);\n",
                                         "milter/load/a.cpp": "// x\nint x = find_file(1);\n"},
     'milter/load/a.cpp:2: find_file is used: include "load/files.h"'),
    (includes.what_is_used_is_included, {"milter/mail/address.h": "// x\n#pragma once\nstruct Address {\n};\n",
                                         "milter/mail/a.cpp": "// x\nreturn Address{};\n"},
     'milter/mail/a.cpp:2: Address is used: include "mail/address.h"'),
    (names.unit_tests_are_named_after_sources, {"tests/unit/mail/addresses_test.cpp": "// x\n"},
     "is named after no file or folder of milter/mail/"),
    (names.unit_tests_are_named_after_sources, {"tests/unit/load/address_test.cpp": "// x\n"},
     "is named after no file or folder of milter/load/"),
    (names.table_types_are_named_by_their_row,
     {"milter/tables/types.cpp": '// x\nTableType{.name = "cdb"}\n', "milter/load/a.cpp": '// x\nif (table->type == "cdb")\n'},
     'milter/load/a.cpp:2: "cdb" is the name of a table type'),
    (names.table_types_are_named_by_their_row,
     {"milter/tables/types.cpp": '// x\nTableType{.name = "cdb"}\n', "milter/load/a.cpp": '// x\nname.starts_with("cdb:")\n'},
     'milter/load/a.cpp:2: "cdb" is the name of a table type'),
    (rules.includes_follow_the_dag, {"milter/mail/address.h": '// x\n#pragma once\n#include "load/files.h"\n'},
     "milter/mail/address.h:3: mail may not include load"),
    (rules.includes_follow_the_dag, {"milter/tool/main.cpp": '// x\n#include "daemon/log.h"\n', "milter/daemon/log.h": "// x\n"},
     "tool may not include daemon"),
    (rules.includes_follow_the_dag, {"milter/mail/address.h": "// x\n#include <load/files.h>\n"},
     "mail may not include load"),
    (rules.includes_follow_the_dag, {"milter/mail/address.h": '// x\n#  include "../load/files.h"\n'},
     "is not a file below milter/"),
    (rules.includes_follow_the_dag, {"milter/mail/a.cpp": '// x\n#include "address.h"\n'}, "is not a file below milter/"),
    (rules.includes_follow_the_dag, {"milter/util/a.cpp": "// x\n"}, 'no library "util"'),
    (rules.link_lines_are_the_dag, {"milter/CMakeLists.txt": LINKS + "target_link_libraries(shorthop_mail PUBLIC shorthop_load)\n"},
     "shorthop_mail links ['load', 'text'], must link ['text']"),
    (rules.link_lines_are_the_dag, {"milter/CMakeLists.txt": LINKS.replace("tool shorthop_load", "tool shorthop_daemon")},
     "shorthop_tool links ['control', 'daemon']"),
    (rules.link_lines_are_the_dag, {"milter/CMakeLists.txt": LINKS.replace("shorthop_library(load", "#")},
     "there is no library load"),
    (rules.one_file_includes_each_foreign_library, {"milter/daemon/two.cpp": "// x\n#include <libmilter/mfapi.h>\n"},
     "only one file may include libmilter"),
    (rules.one_file_includes_each_foreign_library, {"milter/daemon/two.h": "// x\n#include <spdlog/sinks/sink.h>\n"},
     "only one file may include spdlog"),
    (rules.one_file_includes_each_foreign_library, {"milter/load/two.cpp": "// x\n#include <lmdb.h>\n"},
     "LMDB belongs in one file of milter/tables/"),
    (rules.one_file_includes_each_foreign_library, {"milter/tables/two.cpp": "// x\n#include <db.h>\n"},
     "only one file may include Berkeley DB"),
    (rules.one_file_includes_each_foreign_library, {"milter/daemon/bridge.cpp": None}, "no file includes libmilter"),
    (rules.io_in_the_right_places, {"milter/session/a.cpp": "// x\n#include <sys/socket.h>\n"}, "<sys/socket.h> is I/O"),
    (rules.io_in_the_right_places, {"milter/primary/a.cpp": "// x\n#include <fstream>\n"}, "<fstream> is I/O"),
    (rules.io_in_the_right_places, {"milter/mail/a.cpp": '// x\nauto home = std::getenv("HOME");\n'}, "milter/mail/a.cpp:2"),
    (rules.io_in_the_right_places, {"milter/tables/virtual.cpp": "// x\n#include <fstream>\n"}, "milter/tables/ must do no I/O"),
    (rules.io_in_the_right_places, {"milter/primary/a.cpp": "// x\nbool is = std::filesystem::exists(file);\n"},
     "filesystem::exists is I/O"),
    (rules.comments_fit, {"milter/mail/a.cpp": "// " + "x" * 118 + "\n"}, "a comment of 121 columns"),
    (rules.files_are_short, {"milter/mail/a.cpp": "// x\n" * 601}, "601 lines"),
    (rules.folders_are_not_crowded, {f"milter/mail/a{number}.cpp": "// x\n" for number in range(21)}, "milter/mail: 2"),
    (rules.top_level_is_as_designed, {"notes.txt": "x\n"}, "notes.txt: does not belong"),
    (rules.top_level_is_as_designed, {"src/a.cpp": "x\n"}, "src: does not belong"),
    (rules.sources_are_listed, {"milter/mail/a.cpp": "// RFC 3464 says so\n"}, "RFC 3464 is not in milter/SOURCES.md"),
    (rules.sources_are_listed, {"milter/mail/a.cpp": "int i; /* as\n virtual(5)\n has it */\n"}, "virtual(5) is not"),
    (rules.sources_are_listed, {"milter/SOURCES.md": "nothing\n"}, "lists no sources"),
    (rules.files_begin_with_a_comment, {"milter/mail/a.cpp": "int i;\n"}, "milter/mail/a.cpp: say on top"),
    (rules.headers_are_guarded, {"milter/mail/a.h": "// x\n"}, "no #pragma once"),
    (rules.text_is_clean, {"CMakeLists.txt": "project(x) \n"}, "CMakeLists.txt:1: white space"),
    (rules.text_is_clean, {"CMakeLists.txt": "project(x)\r\n"}, "CMakeLists.txt:1: white space"),
    (rules.text_is_clean, {"CMakeLists.txt": "project(x)"}, "the last line has no newline"),
    (rules.no_machine_paths, {"dev": "cd {root}/build\n"}, "dev:1"),
    (rules.licence_is_there, {"LICENSE": None}, "LICENSE: does not say"),
    (rules.licence_is_there, {"LICENSE": "MIT\n"}, "LICENSE: does not say"),
    (rules.scripts_can_run, {"dev": None}, "dev: is not executable"),
    (rules.build_depends_are_whole, {".ci/packages/build": "libnew-dev  # new\n"}, "Build-Depends lacks libnew-dev"),
    (rules.versions_agree, {"CHANGELOG.md": "# Changes\n\n## 1.1.0\n"}, "CHANGELOG.md: has the version 1.1.0"),
    (rules.versions_agree, {"packaging/debian/changelog": "shorthop (1.1.0) unstable;\n"}, "changelog: has the version 1.1.0"),
    (rules.versions_agree, {"packaging/rpm/shorthop.spec": "Version: 1.2.0\n"}, "spec: has the version None"),
    (rules.parsers_have_a_fuzz_target, {"tests/fuzz/all.cpp": "// x\n" + FUZZ_ENTRY}, "milter/text/json.h: has no fuzz"),
    (rules.parsers_have_a_fuzz_target, {"tests/fuzz/all.cpp": GOOD["tests/fuzz/all.cpp"].replace(FUZZ_ENTRY, "")},
     "milter/text/json.h: has no fuzz target"),
    (rules.parsers_have_a_fuzz_target, {"milter/tables/sql_file.h": "// x\n#pragma once\nint parse_sql(int text);\n"},
     "milter/tables/sql_file.h: declares a parser"),
    (rules.fuzz_targets_have_seeds, {"tests/fuzz/corpus/all/seed": None}, "tests/fuzz/all.cpp: has no seeds"),
    (documents.citations_lead_to_sections, {"milter/mail/a.cpp": "// DESIGN 3\n"}, "milter/mail/a.cpp:1: milter/DESIGN.md"),
    (documents.citations_lead_to_sections, {"tests/a.case": "# DESIGN 2.3: x\n"}, "has no section 2.3"),
    (documents.citations_lead_to_sections, {"tests/a.case": "# DESIGN 2.1, 2.4: x\n"}, "has no section 2.4"),
    (documents.citations_lead_to_sections, {"tests/a.case": "# see DESIGN, section 2\n"}, "has no section without a number"),
    (documents.citations_lead_to_sections, {"milter/DESIGN.md": None}, "has no section 2.1"),
    (documents.citations_lead_to_sections, {"tests/a.case": "# FACTS, hops: x\n"}, 'has no section "hops"'),
    (documents.citations_lead_to_sections, {"tests/a.case": "# x (FACTS)\n"}, 'has no section ""'),
    (documents.documents_name_what_exists, {"README.md": "[x](milter/OLD.md#part)\n"}, "links to milter/OLD.md"),
    (documents.documents_name_what_exists, {"README.md": "`milter/mail/old.h`\n"}, "names milter/mail/old.h"),
    (documents.documents_name_what_exists, {"README.md": "`milter/mail/old*.h`\n"}, "names milter/mail/old*.h"),
    (documents.documents_name_what_exists, {"milter/DESIGN.md": "## 1. x\n`mail/old.h`\n"}, "names mail/old.h"),
    (documents.the_mirror_command_is_the_same, {"packaging/man/shorthop-tables.5.in": "#!/bin/sh\n"}, "tables.5.in: does not say"),
    (documents.the_mirror_command_is_the_same, {"milter/tool/setup/relay_file.cpp": "// x\n"}, "relay_file.cpp: does not say"),
    (documents.the_mirror_has_every_table, {"packaging/export/shorthop-export": "maps='x'\ndomain_lists='mydestination'\n"},
     "shorthop-export: does not copy the tables of alias_maps"),
    (documents.the_mirror_has_every_table, {"milter/load/mirror/address_tables.cpp": '// x\ntables_of("relocated_maps", values);\n'},
     "does not copy the tables of relocated_maps"),
    (documents.every_panel_is_whole, {"packaging/doc/panels/cow.md": None}, "cow has no page"),
    (documents.every_panel_is_whole, {"tests/panels/text-other/expect": None}, "text has no folder in tests/panels/"),
    (documents.every_panel_is_whole, {"milter/tool/setup/panels.cpp": '// x\nPanel{.name = "text"}\n'},
     "lists the panel cow, which"),
    (documents.every_panel_is_whole, {"packaging/export/shorthop-export": "#!/bin/sh\npanels='ldap'\n"},
     "names --panel cow, which"),
    (documents.the_design_has_every_subcommand,
     {"milter/tool/subcommands.cpp": '// x\n    Subcommand{\n        .name = "ask",\n'}, "section 5 has no row for shorthop ask"),
    (documents.the_design_has_every_subcommand,
     {"milter/DESIGN.md": "## 5. x\n\n| `shorthop ask` | x |\n"}, "section 5 has shorthop ask, which"),
    (documents.the_design_has_every_reason, {"milter/session/reason.h": '// x\nReasonRow{Reason::n, "new", "x"},\n'},
     "section 4 has no reason new"),
    (documents.the_design_has_every_reason, {"milter/session/reason.h": None}, "has the reason a-b, which"),
    (documents.the_map_has_every_library, {"milter/new/a.h": "// x\n"}, "no row for new/"),
    (documents.the_map_has_every_library, {"milter/daemon/bridge.cpp": None, "milter/daemon/log.cpp": None}, "has daemon/, which does not exist"),
    (rules.fuzz_targets_have_seeds, {"tests/fuzz/corpus/old/seed": "x"}, "tests/fuzz/corpus/old: has no target"),
]


def write_tree(root: Path, changes: dict) -> Tree:
    """Writes GOOD with the changes below root."""
    for name, text in {**GOOD, **changes}.items():
        if text is None:
            continue
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.replace("{root}", str(root)).encode())
        if name in rules.EXECUTABLE:
            path.chmod(0o755)
    return Tree(root)


def rule_sees(rule, changes: dict, words: str) -> list[str]:
    """The problems of the rule: [] if its message about the tree contains these words."""
    with tempfile.TemporaryDirectory() as root:
        messages = [str(problem) for problem in rule(write_tree(Path(root), changes))]
    return [] if any(words in line for line in messages) else [f'wanted "{words}", the rule said {messages}']


def rule_accepts_good_tree(rule) -> list[str]:
    with tempfile.TemporaryDirectory() as root:
        return [str(problem) for problem in rule(write_tree(Path(root), {}))]


def soft_program_is_refused() -> list[str]:
    """A program built with all protections off must be rejected for each."""
    with tempfile.TemporaryDirectory() as folder:
        source, program = Path(folder, "soft.cpp"), Path(folder, "soft")
        source.write_text("int main() { return 0; }\n")
        subprocess.run(["g++", "-O0", "-no-pie", "-fno-stack-protector", "-fcf-protection=none", "-Wl,-z,norelro,-z,lazy",
                        "-Wl,-z,execstack", "-o", program, source] if hardening.on_x86() else
                       ["g++", "-O0", "-no-pie", "-fno-stack-protector", "-Wl,-z,norelro,-z,lazy", "-Wl,-z,execstack",
                        "-o", program, source], check=True)
        messages = " ".join(str(problem) for problem in hardening.program_is_hardened(program))
    marks = hardening.MARKS + (hardening.X86_MARKS if hardening.on_x86() else [])
    return [f"a program without {what} was not refused" for what, _, _ in marks if what not in messages]


def soft_command_is_refused() -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder, "compile_commands.json")
        database.write_text('[{"file": "/x/milter/mail/a.cpp", "command": "g++ -O0 -c a.cpp"}]')
        messages = " ".join(str(problem) for problem in hardening.commands_are_hardened(database))
    wanted = [f"without {flag}" for flag in hardening.FLAGS] + ["without optimisation"]
    return [f'nothing was said about "{words}"' for words in wanted if words not in messages]
