#include "settings/setting_rows.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <numeric>
#include <vector>

#include "text/ascii.h"
#include "text/nearest.h"

namespace shorthop {
namespace {

constexpr std::array rows = {
    SettingRow{"socket", Section::main, "socket", "unix:/var/spool/postfix/shorthop/milter.sock", OnChange::restart,
               "Where the MTA reaches the milter: unix:/PATH, inet:PORT@HOST or inet6:PORT@HOST. A chrooted smtpd(8) "
               "sees only sockets below /var/spool/postfix."},
    SettingRow{"socket-mode", Section::main, "octal", "0660", OnChange::restart,
               "Permissions of a UNIX socket, so that only the MTA can connect."},
    SettingRow{
        "socket-group", Section::main, "group", "", OnChange::restart,
        "Group of a UNIX socket. Not set: if the socket's directory has the setgid bit (as in the packages), its "
        "group; otherwise the group that the daemon runs as."},
    SettingRow{"control", Section::main, "socket", "unix:/run/shorthop/control.sock", OnChange::restart,
               "UNIX socket where `shorthop status` and `shorthop reload` ask the daemon; \"none\": there is none."},
    SettingRow{"mode", Section::both, "observe | rewrite", "observe", OnChange::reload,
               "observe: decide and log, change nothing. rewrite: replace recipients too. In the main file it is the "
               "default of all relays."},
    SettingRow{"postfix-config", Section::main, "directory", "/etc/postfix", OnChange::reload,
               "Directory of this host's main.cf: shorthop asks that Postfix for this host's domains and users. "
               "\"none\": no Postfix is asked, and local-domains and local-recipients must be set."},
    SettingRow{"local-domains", Section::main, "domains", "", OnChange::reload,
               "Domains whose mailboxes are on this host; not set: as this host's Postfix says (mydestination, "
               "virtual_mailbox_domains, virtual_alias_domains)."},
    SettingRow{"local-recipients", Section::main, "tables", "", OnChange::reload,
               "Tables of the users of this host, looked up as Postfix looks up local_recipient_maps; not set: as "
               "this host's Postfix says (local_recipient_maps, virtual_mailbox_maps)."},
    SettingRow{
        "local-aliases", Section::main, "tables", "", OnChange::reload,
        "Tables of the names on this host whose mail is forwarded, such as aliases. Set it only if the MTA is "
        "Sendmail, which drops mail that leads back to the primary. Recipients that lead to one of these names are "
        "kept. /etc/mail/sendmail.cf and its tables are asked in any case, but .forward files are not."},
    SettingRow{"recipient-delimiter", Section::main, "characters", "", OnChange::reload,
               "The characters that separate user and extension in addresses of this host; not set: as this host's "
               "Postfix says, or + if no Postfix is asked. Each relay has its own."},
    SettingRow{"relay-transports", Section::main, "words", "smtp relay esmtp dsmtp", OnChange::reload,
               "Beginnings of the names of transports (mailers) by which the MTA passes mail on to another host. A "
               "recipient with another {rcpt_mailer} is kept."},
    SettingRow{
        "other-milters-edit-recipients", Section::main, "no | yes", "", OnChange::reload,
        "Whether another milter of this host adds or deletes recipients, for example to redirect mail to a "
        "quarantine. Such a milter and shorthop would undo each other's changes. Milters in smtpd_milters, "
        "smtpd_milter_maps and InputMailFilters of Sendmail count, and so does a table of smtpd_milter_maps whose "
        "entries cannot be listed. If there is another milter, recipients are replaced only after this is set to no."},
    SettingRow{"settle-time", Section::main, "duration", "2s", OnChange::reload,
               "How long the files of a relay must have been unchanged before they are loaded, so that no file is read "
               "while it is being copied: 2s, 10s, or 0s to load at once. The same applies to the settings and tables "
               "of this host."},
    SettingRow{
        "lookup-timeout", Section::main, "duration", "5s", OnChange::reload,
        "The longest time that one message, with all its recipients, waits for live tables: tables that are asked at "
        "each look-up (unix:, mysql: and so on). After that, recipients that need such a table are kept "
        "(lookup-failed). A table that does not answer in this time is not asked again for ten seconds."},
    SettingRow{
        "cache-ttl", Section::main, "duration", "60s", OnChange::reload,
        "How long the answers of live tables (see lookup-timeout) are cached, including the answer that a key is "
        "absent. 0s: not at all. Answers of unix: tables are cached for two seconds."},
    SettingRow{
        "state", Section::main, "directory", "/var/lib/shorthop/state", OnChange::reload,
        "Where the daemon keeps what must survive a restart: the number of entries of each relay (for max-shrink), "
        "counts and predictions. Two daemons cannot share a directory. \"none\": it keeps nothing."},
    SettingRow{"return-time", Section::main, "duration", "1h", OnChange::reload,
               "How long shorthop waits for a message that went to the primary to come back, to compare it with what "
               "was predicted. A message that has not come back by then is counted as open. At most 5d."},
    SettingRow{"metrics", Section::main, "socket | off", "off", OnChange::restart,
               "Where Prometheus reads the counters over HTTP: unix:/PATH or inet:127.0.0.1:PORT; only this host can "
               "reach it. `shorthop status --prometheus` prints the counters without it."},
    SettingRow{"log-format", Section::main, "text | json", "text", OnChange::restart,
               "Form of the log lines on standard error. With text, the systemd journal gets fields of its own "
               "(SHORTHOP_QUEUE_ID and so on) with each line about a message."},
    SettingRow{"log-recipients", Section::main, "no | yes", "yes", OnChange::restart,
               "no: lines about messages name no recipient and no target."},
    SettingRow{"log-level", Section::main, "debug | info | warning | error", "info", OnChange::restart,
               "The lowest level that is logged."},
    SettingRow{"domains", Section::relay, "domains", "", OnChange::reload,
               "Domains that this host relays to the primary. Must be set. Their class (local, virtual alias, virtual "
               "mailbox) is taken from the mirror or primary-postconf; without either, only the domains in "
               "primary-domains are known to be local."},
    SettingRow{"primary", Section::relay, "host", "", OnChange::reload,
               "Host name or address of the primary. Must be set. Recipients of mail that the primary sends are kept."},
    SettingRow{
        "next-hops", Section::relay, "hosts", "", OnChange::reload,
        "Other hosts through which this host reaches the primary, such as a relayhost. A recipient is kept if the MTA "
        "would send it to any host other than these hosts, the primary and the relay domains, or to a port other than "
        "the SMTP port. These hosts may have any port."},
    SettingRow{
        "mirror", Section::relay, "directory", "", OnChange::reload,
        "A copy of everything of the primary that decides about its recipients: stamp, postconf, master, files/, "
        "listed/, forward/, include/ (or sendmail.cf). `shorthop pair` sets up a timer that fills it; "
        "`shorthop-mirror` and `shorthop import` fill it too. All tables and rules are derived from it, so do not set "
        "the settings that name single copies as well."},
    SettingRow{"pull", Section::relay, "ssh URL", "", OnChange::reload,
               "Where `shorthop pull` fetches a bundle of the primary: ssh://USER@HOST or ssh://USER@HOST:PORT. The "
               "account there should have a forced command that prints the bundle and does nothing else."},
    SettingRow{"pull-keys", Section::relay, "directory", "", OnChange::reload,
               "Directory of the files that `shorthop pull` needs: id_ed25519, the key of this host, and "
               "known_hosts, with the key of the primary. Not set: pull/NAME beside relay.d."},
    SettingRow{"keep-generations", Section::relay, "number", "3", OnChange::reload,
               "How many generations of the mirror `shorthop import` keeps, including the one in force: 1 to 100. "
               "`shorthop import --rollback` goes back to the one before."},
    SettingRow{
        "host-override", Section::relay, "replacements", "", OnChange::reload,
        "Replacements for hosts in the mirror's table files of MySQL, PostgreSQL and LDAP: localhost -> "
        "db.example.org; several are separated by commas. A table whose host is the primary itself (localhost, a "
        "socket) or a name without a dot is asked only if its host is replaced."},
    SettingRow{"path-override", Section::relay, "replacements", "", OnChange::reload,
               "Replacements for paths in the mirror's table files, such as dbpath of SQLite: /home/user-data -> "
               "/var/lib/replica. "
               "Other paths are looked for in the mirror."},
    SettingRow{"table-parameters", Section::relay, "path", "", OnChange::reload,
               "A file with this host's own login: user, password, bind_dn, bind_pw and other parameters. They "
               "replace the parameters in the mirror's table files of MySQL, PostgreSQL and LDAP. The mode of the "
               "file should be 0640."},
    SettingRow{"trust-forward-files", Section::relay, "no | yes", "no", OnChange::reload,
               "yes: .forward files of the mirror are followed even if their owners on the primary are not known, "
               "for example because the copy lost the owners. no: recipients with a .forward file of unknown owner "
               "are kept."},
    SettingRow{"srs-tables", Section::relay, "tables", "", OnChange::reload,
               "Tables in the primary's recipient_canonical_maps that belong to an SRS daemon such as PostSRSd, which "
               "answers for SRS addresses only: tcp:localhost:10002. They cannot be asked from here. With this "
               "setting, only SRS addresses are kept because of them, and not every recipient."},
    SettingRow{"accept-difference", Section::relay, "words", "", OnChange::reload,
               "Differences between the primary and this host that you accept, by the names that `shorthop check` "
               "prints: content-filter, milters and so on."},
    SettingRow{
        "profile", Section::relay, "postfix | sendmail | flat", "postfix", OnChange::reload,
        "How the primary expands addresses. flat: the tables are a complete export of any other system; a target "
        "is expanded again only if it is a key."},
    SettingRow{"primary-domains", Section::relay, "domains", "", OnChange::reload,
               "Domains that are local to the primary: its mydestination, or Sendmail's local-host-names. With "
               "primary-postconf they are taken from it. With the profiles sendmail and flat, the domains of the "
               "setting domains are local too."},
    SettingRow{
        "arrives-here", Section::relay, "domains", "", OnChange::reload,
        "Domains of this host whose mail the primary sends to this host, although this host is not their only best "
        "MX or the DNS cannot be asked. An alias that leads to any other domain of this host is used only if this "
        "host is the only best MX of that domain."},
    SettingRow{
        "virtual-alias-maps", Section::relay, "tables", "", OnChange::reload,
        "Copies of the primary's virtual_alias_maps: text:/PATH is the source text in the form of virtual(5). With the "
        "profile sendmail, a copy of its virtusertable, in the form of makemap(8)."},
    SettingRow{
        "alias-maps", Section::relay, "tables", "", OnChange::reload,
        "Copies of the primary's alias_maps: text:/PATH is the source text in the form of aliases(5), read as the "
        "profile's newaliases reads it."},
    SettingRow{"forward-files", Section::relay, "path with %u", "", OnChange::reload,
               "Copies of the users' .forward files; %u stands for USER+EXT, which is tried first, then for USER. Not "
               "set: recipients without an alias are kept."},
    SettingRow{
        "include-root", Section::relay, "directory", "", OnChange::reload,
        "Directory with copies of the :include: files: :include:/a/b is read from /a/b below it. Not set: recipients "
        "with an include are kept."},
    SettingRow{"primary-postconf", Section::relay, "path", "", OnChange::reload,
               "A file with the output of `postconf -n` on the primary. It gives the primary's domains, origin and "
               "rules."},
    SettingRow{"mailboxes", Section::relay, "tables", "", OnChange::reload,
               "Tables of the users with a mailbox on the primary. Not set: any name may have a mailbox."},
    SettingRow{"recipient-delimiter", Section::relay, "characters", "", OnChange::reload,
               "The primary's recipient_delimiter; not set: as primary-postconf says, or none (Postfix's default)."},
    SettingRow{"exclude", Section::both, "addresses", "", OnChange::reload,
               "Recipients that are kept: user@example.org (also with an extension), example.org, or patterns of "
               "fnmatch(3) such as list-*@example.org. In the main file it is the default of all relays."},
    SettingRow{"control", Section::relay, "percent", "0%", OnChange::reload,
               "Share of the messages that still go to the primary in mode = rewrite, so that predictions are still "
               "checked: 1% is a good value. The queue ID decides which messages these are. Unless it is 0%, shorthop "
               "receives the headers of some messages."},
    SettingRow{
        "rewrite-only", Section::both, "addresses", "", OnChange::reload,
        "Recipients to which mode = rewrite applies, in the form of exclude; all others stay in observe. Not set: "
        "all. In the main file it is the default of all relays."},
    SettingRow{"split", Section::both, "no | yes", "no", OnChange::reload,
               "Whether a recipient that leads here and elsewhere is replaced. no: it is kept. yes: it is replaced "
               "by its mailboxes here and, for each other end, by an address of the primary that leads only to "
               "that end. If an end has no such address, the recipient is kept. In the main file it is the default "
               "of all relays."},
    SettingRow{"reject-unknown", Section::relay, "no | yes", "no", OnChange::reload,
               "yes: in mode rewrite, a recipient that the primary certainly does not know is refused at RCPT with 550 "
               "5.1.1. This is certain only if the primary is Postfix, and its mirror is complete and not older than "
               "max-age (48h if max-age is not set). Every table that was asked, and all users, must be listed "
               "completely. In any doubt, the recipient is accepted. An address that is new on the primary is refused "
               "until the mirror has it."},
    SettingRow{
        "max-age", Section::both, "duration", "none", OnChange::reload,
        "If the data of a relay is older than this, none of its recipients is replaced: 90s, 30m, 48h, 7d, 2w, or none "
        "(no limit). The age counts from the mirror's stamp, or from the newest single copy (tables, .forward and "
        ":include: files, mailboxes, primary-postconf). In the main file it is the default of all relays."},
    SettingRow{
        "max-shrink", Section::both, "percent", "20%", OnChange::reload,
        "A table of a relay has shrunk too much if it becomes empty, or if it loses more than this share of its "
        "entries and more than 10 of them. The .forward files, the members of :include: files, and a file of "
        "domains count as tables. If one has shrunk too much, none of the relay's recipients is replaced until the "
        "entries are back, or until you run `shorthop reload --accept-shrink RELAY`. none: no limit. In the main "
        "file it is the default of all relays."},
};

}  // namespace

std::span<const SettingRow> setting_rows() { return rows; }

bool belongs_to(const SettingRow& row, Section file) { return row.section == file || row.section == Section::both; }

const SettingRow* find_setting(std::string_view name, Section file) {
  const auto found =
      std::ranges::find_if(rows, [&](const SettingRow& row) { return row.name == name && belongs_to(row, file); });
  return found == rows.end() ? nullptr : &*found;
}

std::string_view nearest_setting(std::string_view name, Section file) {
  std::vector<std::string_view> names;
  for (const SettingRow& row : rows) {
    if (belongs_to(row, file)) names.push_back(row.name);
  }
  // Postfix's names have underscores where ours have hyphens.
  std::string hyphened(name.substr(0, 64));
  std::ranges::replace(hyphened, '_', '-');
  return nearest_word(hyphened, names);
}

std::string_view name_of(Section section) {
  switch (section) {
    case Section::main: return "main";
    case Section::relay: return "relay";
    case Section::both: return "both";
  }
  return {};
}

std::string_view name_of(OnChange on_change) { return on_change == OnChange::reload ? "reload" : "restart"; }

}  // namespace shorthop
