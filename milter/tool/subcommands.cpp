// The table of subcommands, used by parser, help and "did you mean".
#include <sysexits.h>

#include <array>

#include "tool/actions.h"
#include "tool/subcommand.h"

namespace shorthop::tool {
namespace {

constexpr OptionRow json_option{"json", "", "print JSON, one object per line"};

constexpr std::array common_rows = {
    OptionRow{"config", "FILE", "the main settings file (default /etc/shorthop/shorthop.conf)"},
    OptionRow{"help", "", "print this text"},
    OptionRow{"version", "", "print the version"},
};
constexpr std::array json_options = {json_option};
constexpr OptionRow no_dns_option{"no-dns", "", "do not ask the DNS; assume answers that keep no recipient"};
constexpr OptionRow postfix_config_option{"postfix-config", "DIR",
                                          "the directory of main.cf, for another instance of Postfix"};
constexpr std::array check_options = {
    json_option,
    OptionRow{"codes", "", "list every code, with its severity and why it matters, and do nothing else"},
    OptionRow{"strict", "", "exit status 1 if there are warnings and no errors"},
    OptionRow{"monitoring", "", "print a line for Nagios or Icinga, with their exit statuses 0 to 3"},
    no_dns_option,
    postfix_config_option,
};
constexpr std::array setup_options = {
    OptionRow{"apply", "", "make the changes"},
    OptionRow{"undo", "", "remove what setup added and nothing else"},
    OptionRow{"dry-run", "", "only show the changes (the default without --apply and --undo)"},
    OptionRow{"primary-is", "PANEL", "the panel that runs the primary: add lines for it to the relay file"},
    no_dns_option,
    postfix_config_option,
};

constexpr ExitRow bad_data{EX_DATAERR, "bad data in a table, named with its file and line"};
constexpr ExitRow no_file{EX_NOINPUT, "a file is missing or cannot be read"};
constexpr ExitRow bad_settings{EX_CONFIG, "a setting is wrong, named with its file and line"};
constexpr ExitRow no_output{EX_TEMPFAIL, "the output could not be written"};

constexpr std::array resolve_options = {
    json_option,
    OptionRow{"why-not", "", "for two addresses: say why the chain of the first does not end at the second"},
    OptionRow{"sender", "ADDRESS", "the sender, for primaries that look it up in tables; \"\": the null sender"},
    no_dns_option};
constexpr std::array resolve_exits = {
    ExitRow{EX_OK, "every address was decided"}, bad_data, no_file,
    ExitRow{EX_TEMPFAIL, "a look-up failed temporarily, or the output could not be written"}, bad_settings};
constexpr std::array check_exits = {
    ExitRow{EX_OK, "no error; there may be warnings and notes"},
    ExitRow{1, "no error, but a warning (with --strict or --monitoring)"},
    ExitRow{2, "an error (with --monitoring)"},
    ExitRow{3, "temporary errors only, such as a copy that is under way (with --monitoring)"},
    bad_data,
    no_file,
    ExitRow{EX_TEMPFAIL, "a table could not be asked, a copy is under way, or the output could not be written"},
    ExitRow{EX_CONFIG, "a setting of shorthop or of the MTA is wrong or dangerous"}};
constexpr std::array status_options = {json_option,
                                       OptionRow{"prometheus", "", "print metrics in the text format of Prometheus"}};
constexpr std::array status_exits = {
    no_file, ExitRow{EX_UNAVAILABLE, "--prometheus: shorthopd was built without metrics"},
    ExitRow{EX_TEMPFAIL, "the daemon does not answer, or the output could not be written"}, bad_settings};
constexpr std::array reload_options = {
    OptionRow{"accept-shrink", "RELAY", "accept the tables of this relay although they have shrunk (max-shrink)"}};
constexpr std::array reload_exits = {
    ExitRow{EX_OK, "the new settings and tables are in force; data older than max-age is named"},
    ExitRow{EX_DATAERR, "in force, but the data of a relay was refused: its recipients are kept"},
    ExitRow{EX_NOINPUT, "in force, but a file of a relay is missing; or the settings cannot be read"},
    ExitRow{EX_TEMPFAIL, "in force, but a relay keeps its old data; or the daemon gave no answer; or output failed"},
    ExitRow{EX_CONFIG, "the old settings and tables stay in force, for the reasons printed"}};
constexpr std::array import_options = {
    json_option,
    OptionRow{"dry-run", "", "verify and show everything, and change nothing"},
    OptionRow{"rollback", "", "go back to the generation before the one in force"},
    OptionRow{"accept-shrink", "", "accept the bundle although tables have shrunk (max-shrink)"},
    OptionRow{"accept-host", "", "accept the bundle although its host has another name"},
    OptionRow{"accept-answers", "", "import the bundle although the primary's own answers differ from shorthop's"},
    no_dns_option,
};
constexpr std::array import_exits = {
    ExitRow{EX_OK, "the bundle is in force (with --dry-run: it could be)"},
    ExitRow{EX_DATAERR, "the bundle is refused, for the reason printed; the mirror is unchanged"}, no_file,
    ExitRow{EX_TEMPFAIL,
            "the bundle could not be read or written, or another import is running; the mirror is unchanged"},
    bad_settings};
constexpr std::array pair_options = {
    OptionRow{"host-key", "SHA256:...", "the primary's host key, after you have compared it: pin it and continue"},
    OptionRow{"undo", "", "undo what pair did here, and print the command for the primary"},
};
constexpr std::array pair_exits = {
    ExitRow{EX_OK, "everything that can be done now was done, even if shorthop check reports problems"},
    ExitRow{EX_DATAERR, "the primary has another host key, or its bundle was refused"}, no_file,
    ExitRow{EX_TEMPFAIL, "the primary does not answer, the timer's unit fails, or a file could not be written"},
    ExitRow{EX_CONFIG, "a setting is wrong, or no relay has this primary and no DOMAIN is given"}};
constexpr std::array pull_options = {
    json_option,
    OptionRow{"accept-shrink", "", "accept the bundle although tables have shrunk (max-shrink)"},
    OptionRow{"accept-host", "", "accept the bundle although its host has another name"},
    no_dns_option,
};
constexpr std::array pull_exits = {
    ExitRow{EX_OK, "the primary's bundle is in force, or there is no newer one"},
    ExitRow{EX_DATAERR, "the bundle is refused, for the reason printed; the mirror is unchanged"}, no_file,
    ExitRow{EX_TEMPFAIL, "the bundle could not be fetched, read or written; the mirror is unchanged"}, bad_settings};
constexpr std::array tables_options = {
    OptionRow{"form", "FORM", "virtual: for virtual_alias_maps; relay-recipients: for relay_recipient_maps", true},
    OptionRow{"diff", "FILE", "print only what differs from this table, as lines with - and +"},
    no_dns_option,
};
constexpr std::array tables_exits = {
    ExitRow{EX_OK, "the table was printed; with --diff: nothing differs"},
    ExitRow{1, "something differs (with --diff)"},
    ExitRow{EX_DATAERR, "the settings of a primary cannot be read"},
    ExitRow{EX_NOINPUT, "a file, or the data of a relay, does not exist"},
    ExitRow{EX_TEMPFAIL, "a relay's data is not in force, Postfix could not be asked, or no output could be written"},
    ExitRow{EX_CONFIG, "a setting is wrong, or relay_domains of this host cannot be listed"}};
constexpr std::array config_exits = {no_output};
constexpr std::array setup_exits = {
    ExitRow{EX_OK, "the changes were made or reverted; without --apply: all of them can be made"},
    no_file,
    ExitRow{EX_UNAVAILABLE, "part of the plan cannot be carried out and is listed; or Postfix cannot be asked"},
    ExitRow{EX_CANTCREAT, "a file could not be written, or Postfix did not accept the change: main.cf is unchanged"},
    no_output,
    ExitRow{EX_CONFIG, "a setting is wrong, or shorthopd keeps its old settings: Postfix was not changed"}};

constexpr std::array graph_options = {no_dns_option};
constexpr std::array graph_exits = {
    ExitRow{EX_OK, "the graph was printed"}, bad_data, no_file,
    ExitRow{EX_TEMPFAIL, "a look-up failed temporarily, or the output could not be written"}, bad_settings};
constexpr std::array trace_options = {json_option, OptionRow{"journal", "", "read this host's systemd journal"}};
constexpr std::array trace_exits = {
    ExitRow{EX_OK, "the message was found"}, ExitRow{1, "the message is not in the logs"},
    ExitRow{EX_DATAERR, "a log is damaged, truncated or not from Postfix: the rest was used"},
    ExitRow{EX_NOINPUT, "a log is missing or cannot be read: the rest was used"}, no_output};
constexpr std::array discover_options = {
    json_option,
    OptionRow{"html", "", "print a page of HTML with charts"},
    OptionRow{"messages", "", "print a JSON object for each message that came back, as soon as it is found"},
    OptionRow{"suggest", "", "print the aliases that are worth checking on the primary, in the form of virtual(5)"},
    OptionRow{"journal", "", "read this host's systemd journal"},
};
constexpr std::array discover_exits = {
    ExitRow{EX_OK, "all logs were read; there may be no round trip"},
    ExitRow{EX_DATAERR, "a log is damaged, truncated or not from Postfix: the rest was used; or bad data in a table"},
    ExitRow{EX_NOINPUT, "a log or another file is missing or cannot be read: the rest was used"}, no_output,
    ExitRow{EX_CONFIG, "a setting is wrong: the logs were read without alias data"}};

constexpr std::array subcommand_rows = {
    Subcommand{
        .name = "resolve",
        .arguments = "ADDRESS...|-",
        .meaning = "print what the daemon would do with each recipient, and why",
        .details = "\nDecides by the daemon's own code, in mode rewrite, for mail from a host that is not the\n"
                   "primary. Prints the decision, its reason, and each step of the alias chain with its table\n"
                   "and line. With - the addresses are read from standard input, one per line, and an empty\n"
                   "line follows each answer (not with --json). After -- an ADDRESS may begin with a hyphen.\n",
        .min_arguments = 1,
        .max_arguments = Subcommand::any_number,
        .options = resolve_options,
        .exits = resolve_exits,
        .run = resolve,
    },
    Subcommand{
        .name = "check",
        .arguments = "",
        .meaning = "diagnose this host: list problems and how to fix them",
        .details = "\nChecks settings and tables as the daemon would read them, this host's Postfix (by\n"
                   "postconf) or Sendmail, the milter socket, and the DNS. Follows every alias to its end.\n"
                   "Each finding has a severity, a place, a stable code, why it matters, and the fix. The\n"
                   "last lines say what was read, and what would be saved. For a relay with a mirror, a\n"
                   "table shows what the primary does to mail and this host does not. Nothing is changed.\n"
                   "What this user cannot read, and what the DNS does not answer, is reported as a note.\n\n"
                   "severities: error: shorthop does not work, or is dangerous; warning: it does less than\n"
                   "it could, or mail is lost or bounces even without shorthop; note: for information.\n"
                   "If several errors have different exit statuses, the first of 78, 66, 75 and 65 is used.\n"
                   "--json prints a line for each finding and one for what was read.\n",
        .options = check_options,
        .exits = check_exits,
        .run = check,
    },
    Subcommand{
        .name = "setup",
        .arguments = "",
        .meaning = "show what this host needs to use shorthop, and do it with --apply",
        .details = "\nFor each domain in this host's relay_domains that no file names yet, setup plans a\n"
                   "file relay.d/DOMAIN.conf in mode observe. It takes the primary from transport_maps,\n"
                   "relay_transport, relayhost or the better MX. In main.cf, it plans shorthop as the\n"
                   "last of smtpd_milters, with default_action=accept, so that mail is relayed to the\n"
                   "primary when shorthopd does not run. Without --apply, the changes are only shown.\n\n"
                   "main.cf is copied to main.cf.before-shorthop first, read back by postconf(1), and\n"
                   "restored if anything is wrong; Postfix is reloaded if it runs. An existing file in\n"
                   "relay.d is never overwritten. --undo removes the entry from main.cf, even if other\n"
                   "parts of main.cf have changed. It also removes the files of relay.d that setup wrote\n"
                   "and in which only mode and max-age were changed.\n\n"
                   "With --primary-is the file has lines for the panel of the primary: how this host\n"
                   "reaches its database, and which differences to accept. PANEL is one of postfixadmin,\n"
                   "vimbadmin, ispmail, mailcow, iredmail-sql, iredmail-ldap, ispconfig, mailinabox,\n"
                   "modoboa, froxlor, virtualmin, docker-mailserver, yunohost, zimbra, kolab, univention\n"
                   "and active-directory.\n\n"
                   "On a host with Sendmail the line for sendmail.mc is printed.\n",
        .options = setup_options,
        .exits = setup_exits,
        .run = setup,
    },
    Subcommand{
        .name = "status",
        .arguments = "",
        .meaning = "show the state of the running daemon",
        .details = "\nThe daemon is asked at the socket that the setting control names. --prometheus prints its\n"
                   "counters as metrics, for example for the textfile collector of node_exporter.\n",
        .options = status_options,
        .exits = status_exits,
        .run = status,
    },
    Subcommand{
        .name = "reload",
        .arguments = "",
        .meaning = "make the running daemon read its settings and tables again",
        .details = "\nReturns when the new settings and tables are in force for new messages, or prints why the\n"
                   "old ones stay in force. The daemon is asked at the socket that the setting control names.\n"
                   "Changed copies of the primary's tables are loaded without this command.\n",
        .options = reload_options,
        .exits = reload_exits,
        .run = reload,
    },
    Subcommand{
        .name = "graph",
        .arguments = "[ADDRESS...]",
        .meaning = "print the alias graph for Graphviz",
        .details = "\nWithout ADDRESS, prints all aliases that the tables list. Each recipient shows its\n"
                   "decision, each end its kind, and each edge its table and line. Green: rewritten, or a\n"
                   "mailbox on this host; yellow: kept; blue: an end elsewhere; red: an end that does not\n"
                   "exist or is not known. The graph has at most 1000 addresses, and a note if some were\n"
                   "left out.\n\n"
                   "  shorthop graph user@example.org | dot -Tsvg > aliases.svg\n",
        .min_arguments = 0,
        .max_arguments = Subcommand::any_number,
        .options = graph_options,
        .exits = graph_exits,
        .run = graph,
    },
    Subcommand{
        .name = "discover",
        .arguments = "LOG...|-",
        .meaning = "find mail in Postfix's logs that went to the primary and came back",
        .details = "\nA round trip is a message that this host sent to another host. It came back from\n"
                   "there within an hour, for another recipient, and was delivered here. If a filter\n"
                   "sends a message back for the same recipient, that is not a round trip. Nothing needs\n"
                   "to be set up. If shorthop is configured, each round trip is printed with the present\n"
                   "decision about it, by the daemon's own code.\n\n"
                   "LOG is a file, which may be compressed by gzip, bzip2, xz, zstd or lz4; - is standard\n"
                   "input; a directory is read as a systemd journal. Time stamps of BSD syslog and of\n"
                   "RFC 3339, and any syslog_name, are understood. The files are read in the order of\n"
                   "their first time stamps. With --journal, no LOG is needed.\n",
        .min_arguments = 0,
        .max_arguments = Subcommand::any_number,
        .options = discover_options,
        .exits = discover_exits,
        .run = discover,
    },
    Subcommand{
        .name = "import",
        .arguments = "NAME [FILE|-]",
        .meaning = "verify a bundle of the primary, show what it changes, and use it",
        .details = "\nNAME is the name of the relay file in relay.d, without .conf. Without FILE the bundle\n"
                   "is read from standard input. It is imported as a whole or not at all. Its bytes, host and\n"
                   "domains are verified, and it must be newer than the mirror in force. The bundle has\n"
                   "answers of the primary's own postmap; they are compared with shorthop's answers. The\n"
                   "changes are printed: entries of tables, and recipients with another decision.\n\n"
                   "The path that the setting mirror names is then a link to the new generation, which is in\n"
                   "the directory MIRROR.generations. The setting keep-generations says how many generations\n"
                   "stay. A running daemon loads the new generation within seconds. If root runs import, it\n"
                   "writes with the rights of the owner of the mirror's directory.\n\n"
                   "After --rollback a bundle must be newer than every generation, so that the one that was\n"
                   "rolled back is not imported again. A running daemon accepts the earlier generation even if\n"
                   "its tables are smaller (max-shrink).\n",
        .min_arguments = 1,
        .max_arguments = 2,
        .options = import_options,
        .exits = import_exits,
        .run = import_command,
    },
    Subcommand{
        .name = "trace",
        .arguments = "ID [LOG...|-]",
        .meaning = "show what happened to one message, from this host's log",
        .details = "\nID is the message-id, with or without angle brackets, or a queue ID of this host. For\n"
                   "each time that the message entered this host's queue, prints where it came from, where\n"
                   "each recipient went, and what shorthopd logged. Then prints its round trips and, if\n"
                   "shorthop is configured, the present decision about each recipient. Without LOG, reads\n"
                   "/var/log/mail.log, /var/log/maillog or else the journal. LOG is as for\n"
                   "shorthop discover.\n",
        .min_arguments = 1,
        .max_arguments = Subcommand::any_number,
        .options = trace_options,
        .exits = trace_exits,
        .run = trace,
    },
    Subcommand{
        .name = "pair",
        .arguments = "HOST[:PORT] [DOMAIN...]",
        .meaning = "let this host pull bundles from a primary",
        .details = "\nHOST is the primary, and PORT is the port of its sshd. If no relay has this primary, a file\n"
                   "in relay.d is written for the DOMAINs, with mode = observe. If several relays have this\n"
                   "primary, DOMAIN says which relay is meant. Then a key is made for this host, pull is set in\n"
                   "the relay file, and two commands are printed. The first command sets the primary up, and\n"
                   "prints its host keys.\n\n"
                   "The second command is pair with --host-key. Run it if its key is one of these host keys.\n"
                   "It pins that key, pulls the first bundle, enables the timer shorthop-pull@NAME.timer where\n"
                   "systemd runs, and runs shorthop check. All commands may be repeated; what exists stays.\n"
                   "No recipient is replaced before mode = rewrite.\n\n"
                   "--undo removes what pair made: the timer, the keys, the mirror and the relay file. A\n"
                   "mirror that existed before stays. A relay file that pair did not write, or that was\n"
                   "edited, stays without its line pull.\n",
        .min_arguments = 1,
        .max_arguments = Subcommand::any_number,
        .options = pair_options,
        .exits = pair_exits,
        .run = pair,
    },
    Subcommand{
        .name = "pull",
        .arguments = "NAME",
        .meaning = "fetch a bundle of the primary by ssh, and import it",
        .details = "\nThe setting pull names the primary's host, and pull-keys the ssh keys. Only the pinned\n"
                   "host key is trusted, no question is asked, and every wait is limited.\n"
                   "shorthop-pull@NAME.timer pulls every 15 minutes. shorthop status and check report a\n"
                   "failed pull until a pull succeeds. It is not an error if this host already has the\n"
                   "bundle.\n",
        .min_arguments = 1,
        .max_arguments = 1,
        .options = pull_options,
        .exits = pull_exits,
        .run = pull,
    },
    Subcommand{
        .name = "tables",
        .arguments = "",
        .meaning = "print static Postfix tables that do what the daemon would do",
        .details = "\nThe table has every address that can be listed, with its decision in mode rewrite.\n"
                   "virtual: each recipient that would be replaced, and its mailboxes here, as a table for\n"
                   "virtual_alias_maps that replaces the daemon. relay-recipients: each recipient that the\n"
                   "primary knows, and @DOMAIN for each relay domain whose addresses cannot all be listed.\n"
                   "Comments at the top say what was left out and why. The table does not follow later\n"
                   "changes of the data. If a relay has no data in force, or its mirror has no stamp, nothing\n"
                   "is printed.\n",
        .options = tables_options,
        .exits = tables_exits,
        .run = tables,
    },
    Subcommand{
        .name = "config",
        .arguments = "",
        .meaning = "print every setting with its default, unit and meaning",
        .details = "\nPrints what can be set, not what is set: no file is read.\n",
        .options = json_options,
        .exits = config_exits,
        .run = config,
    },
};

}  // namespace

std::span<const Subcommand> subcommands() { return subcommand_rows; }
std::span<const OptionRow> common_options() { return common_rows; }

}  // namespace shorthop::tool
