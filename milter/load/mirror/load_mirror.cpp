#include "load/mirror/load_mirror.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "load/copied_settings.h"
#include "load/forward_copies.h"
#include "load/inbound_files.h"
#include "load/include_copies.h"
#include "load/mirror/mirror.h"
#include "load/mirror/mirror_tables.h"
#include "load/mirror/primary_postconf.h"
#include "load/mirror/primary_sendmail.h"
#include "load/mirror/sendmail_cf.h"
#include "load/table_opener.h"
#include "mail/host.h"
#include "postfix/master_services.h"
#include "postfix/parameters.h"
#include "tables/open.h"
#include "text/ascii.h"

namespace shorthop {
namespace {

/// Whether the service runs smtp(8), with overrides that might make it drop ORCPT.
bool has_override_that_loses_orcpt(const MasterService& service) {
  return service.command == "smtp" &&
         may_lose_orcpt([&](std::string_view name) { return service.override_of(name).value_or(std::string()); });
}

class MirrorLoader {
 public:
  MirrorLoader(const RelaySettings& settings, const FileReader& files, Backends& backends)
      : settings_(settings), plain_(files), tracked_(files, result_.files), backends_(backends) {}

  LoadedRelay load() && {
    result_.relay = std::make_shared<Relay>();
    copy_settings(settings_, *result_.relay);
    primary().arrives_here.insert(settings_.arrives_here.begin(), settings_.arrives_here.end());
    const FileStamp stamp = tracked_.stamp(stamp_path());
    const auto mirror = find_mirror(settings_.mirror.value, plain_);
    if (!mirror) {
      // A relay with `pull` waits for its first bundle. Without `pull`, the name is wrong, or nothing fills the mirror.
      const bool is_denied = mirror.error().kind == ReadFailure::Kind::denied;
      report_not_mirrored(settings_.mirror.value, mirror.error().what,
                          is_denied ? "let the user of shorthopd enter and list it; run commands of shorthop as root"
                                    : how_to_fill_it(),
                          settings_.pull && !is_denied ? Severity::warning : Severity::error);
      return std::move(result_);
    }
    result_.is_stamped = mirror->stamp.exists;
    if (result_.torn = torn_mirror(*mirror); result_.torn.empty()) {
      read(*mirror);
      // If a copy began during the load, a file has a new change time, or there is a new stamp.
      if (result_.torn = torn_mirror(*mirror); result_.torn.empty() && plain_.stamp(stamp_path()) != stamp) {
        result_.torn = "a new stamp was written during the load";
      }
    }
    return std::move(result_);
  }

 private:
  std::string how_to_fill_it() const {
    if (settings_.pull) return fmt::format("fill it with shorthop pull {}", settings_.name);
    return fmt::format("correct the name in mirror, or fill it with shorthop {}, or with shorthop-mirror root@{} {}",
                       pair_words(settings_), bare_host(settings_.primary.value), settings_.mirror.value);
  }

  Primary& primary() { return result_.relay->primary; }
  std::string stamp_path() const { return settings_.mirror.value + "/stamp"; }
  /// If there is a stamp, no other file of the mirror is watched for changes.
  const FileReader& reader() const {
    if (result_.is_stamped) return plain_;
    return tracked_;
  }

  void read(const MirrorDirectory& mirror) {
    root_ = mirror.root.native();
    if (!result_.is_stamped) report_missing_stamp(mirror);
    TableOpener opener(reader(), backends_);
    MirrorFiles files(mirror, reader(), opener, result_.diagnostics);
    if (!files.manifest().damage.empty()) {
      // The missing lines may say which files the primary ignores, or which entries have expired.
      report_not_mirrored((mirror / "manifest").native(), files.manifest().damage, "copy the mirror again");
    }
    files.ask_with(overrides());
    files.declare_srs_tables(settings_.srs_tables);
    primary().profile = profile_of_mirror(settings_, reader());
    RelaySettings of_root = settings_;
    of_root.mirror.value = mirror.root.native();
    result_.inbound = inbound_of_mirror(of_root, reader());
    if (primary().profile == Profile::sendmail) {
      read_sendmail(mirror, files);
    } else {
      read_postfix(mirror, files);
    }
    read_users(mirror, files);
    count_entries(files.opened());
    for (const auto& [path, count] : files.lists()) result_.entries[path] = count;
    result_.live_tables = opener.live_tables();
    result_.tables = files.opened();
    result_.why_incomplete = why_incomplete(files);
  }

  TableOverrides overrides() {
    TableOverrides result{settings_.host_overrides, settings_.path_overrides};
    const std::string& path = settings_.table_parameters.value;
    if (path.empty()) return result;
    result_.parameters_file = path;
    const auto text = tracked_.read(path);
    auto parameters = parse_table_file(text.value_or(""));
    if (!text || !parameters) {
      const std::string what = text ? parameters.error().what : text.error().what;
      result_.diagnostics.push_back({{path, text ? parameters.error().line : 0},
                                     what + ": databases are asked without the parameters of this file",
                                     "write lines such as user = NAME, readable for the user of shorthopd",
                                     Severity::warning,
                                     ErrorClass::settings});
      return result;
    }
    result.parameters = std::move(*parameters);
    warn_of_parameters(path, result.parameters);
    return result;
  }

  void warn_of_parameters(const std::string& path, const TableParameters& parameters) {
    const auto warn = [&](std::string what, std::string fix) {
      result_.diagnostics.push_back(
          {{path, 0}, std::move(what), std::move(fix), Severity::warning, ErrorClass::settings});
    };
    if ((plain_.stamp(path).mode & S_IROTH) != 0) {
      warn("everybody on this host can read the login in it", "chmod 0640, and give it the group of shorthopd");
    }
    for (const auto& [name, value] : parameters) {
      if (is_own_parameter(name)) continue;
      warn(printable(name, 100) + ": not a parameter by which a table logs in, so it is ignored",
           "use host-override and path-override for hosts and paths");
    }
  }

  /// Whether all entries are lines of passwd(5), and there are some. The output of a command that failed has others.
  static bool lists_accounts(const Table& users) {
    constexpr std::ptrdiff_t min_colons = 5;
    std::size_t accounts = 0;
    bool are_accounts = true;
    users.each_entry([&](std::string_view, std::string_view line, std::uint32_t) {
      ++accounts;
      are_accounts = are_accounts && std::ranges::count(line, ':') >= min_colons;
    });
    return accounts > 0 && are_accounts;
  }

  /// For reject-unknown: why a key may be absent here although the primary has it.
  std::string why_incomplete(MirrorFiles& files) const {
    if (result_.relay->primary.profile != Profile::postfix) return "the primary is not a Postfix";
    if (!result_.is_stamped) return "the mirror has no stamp";
    if (!files.manifest().enumerable.contains(users_table)) return "not all users of the primary are listed";
    const auto users = files.users();
    if (users == nullptr || !lists_accounts(*users)) {
      return "the list of the primary's users is empty, or has a line that is not of passwd(5)";
    }
    if (!files.first_live().empty()) return files.first_live() + " is not in the mirror, but asked at each look-up";
    return {};
  }

  void report_missing_stamp(const MirrorDirectory& mirror) {
    result_.observe_only = "the mirror has no stamp";
    result_.relay->lacks_stamp = true;
    result_.diagnostics.push_back(
        {{(mirror / "stamp").native(), 0},
         "no such file: it is not known whether the copy is complete, so the relay stays in mode observe",
         "touch " + (mirror / "stamp").native() + " after each copy that succeeded",
         Severity::warning,
         ErrorClass::missing,
         Subject::mirror});
  }

  static TableList tables_in(MirrorFiles& files, std::string_view parameter, const std::vector<std::string>& names) {
    std::vector<std::shared_ptr<const Table>> tables;
    tables.reserve(names.size());
    for (const std::string& name : names) tables.push_back(files.open(name, parameter));
    return TableList(std::move(tables));
  }

  void read_postfix(const MirrorDirectory& mirror, MirrorFiles& files) {
    const std::string path = (mirror / "postconf").native();
    const auto text = read_output(path);
    if (!text) {
      const bool is_empty = !plain_.stamp((mirror / "master").native()).exists;
      return report_not_mirrored(path, text.error().what,
                                 is_empty ? how_to_fill_it() : "run postconf on the primary, and put its output there");
    }
    files.read_parameters(parse_parameters(*text));
    // inbound_of_mirror() returns nullopt for the profile flat.
    const bool filters_by_rule =
        !result_.inbound || may_filter_by_rule(*result_.inbound, RootedFiles(reader(), mirror / "files"), "/");
    PostconfOutput output{path, *text, services_of(mirror), filters_by_rule};
    PrimaryFacts facts = facts_from_postconf(output, settings_, files, result_.diagnostics);
    const auto lists = [&](std::string_view parameter, const std::optional<std::vector<std::string>>& names) {
      return names ? tables_in(files, parameter, *names) : TableList({unknown_default(parameter, path)});
    };
    primary().virtual_aliases = lists("virtual_alias_maps", facts.virtual_alias_maps);
    primary().aliases = lists("alias_maps", facts.alias_maps);
    primary().rules = std::move(facts.rules);
    if (output.services && std::ranges::any_of(*output.services, has_override_that_loses_orcpt)) {
      primary().rules.loses_orcpt = true;
    }
    primary().rules.filters_by_rule = filters_by_rule;
    primary().address_tables = std::move(facts.address_tables);
    primary().senders = std::move(facts.senders);
    primary().not_followed = std::move(facts.not_followed);
    if (!primary().unproven && !facts.unproven.empty()) primary().unproven = std::move(facts.unproven.front());
  }

  void read_sendmail(const MirrorDirectory& mirror, MirrorFiles& files) {
    const std::string path = (mirror / "sendmail.cf").native();
    const auto text = reader().read(path);
    if (!text) return report_not_mirrored(path, text.error().what, "copy the primary's sendmail.cf there");
    files.read_as_sendmail();
    // local-host-names is at the top of the mirror, not below files/.
    const CountedFiles top(reader());
    const auto find_copy = [&](std::string_view file) {
      auto copy =
          file.ends_with("/local-host-names") ? top.read(mirror / "local-host-names") : files.reader().read(file);
      if (!copy && files.manifest().not_copied.contains(file)) {
        copy = std::unexpected(ReadFailure{ReadFailure::Kind::unreadable, "the export did not copy it"});
      }
      return copy;
    };
    apply_sendmail_facts(
        facts_from_sendmail_cf(parse_sendmail_cf(*text), path, settings_, find_copy, result_.diagnostics), files,
        primary());
    if (!top.counts().empty()) result_.entries["local-host-names"] = top.counts().begin()->second;
  }

  /// Reads a file with the output of a program, which must be a text of whole lines.
  std::expected<std::string, ReadFailure> read_output(const std::string& path) const {
    constexpr off_t max_size = 8 << 20;  // bytes; `postconf` prints 40 KB
    const auto failure = [](std::string what) {
      return std::unexpected(ReadFailure{ReadFailure::Kind::unreadable, std::move(what)});
    };
    if (reader().stamp(path).size > max_size) return failure("larger than 8 MiB");
    auto text = reader().read(path);
    if (text && text->contains('\0')) return failure("not a text");
    if (text && !text->empty() && !text->ends_with('\n')) {
      return failure("the last line has no newline: the copy may be incomplete");
    }
    return text;
  }

  /// Without the services it is not known how mail passes through Postfix: they override parameters of main.cf.
  std::optional<std::vector<MasterService>> services_of(const MirrorDirectory& mirror) {
    const std::string path = (mirror / "master").native();
    const auto text = read_output(path);
    std::vector<MasterService> services = parse_master_services(text.value_or(""));
    if (services.empty()) {
      report_not_mirrored(path, text ? "no service in it" : text.error().what,
                          "run `postconf -M` and `postconf -P` on the primary, and put their output there");
      return std::nullopt;
    }
    set_service_parameters(services, *text);
    return services;
  }

  std::shared_ptr<const Table> unknown_default(std::string_view parameter, const std::string& path) {
    result_.diagnostics.push_back(
        {{path, 0},
         fmt::format(
             "{} is not set, and its default is not the same in every Postfix: recipients that may be aliases are kept",
             parameter),
         "let `postconf` without -n write this file",
         Severity::warning,
         ErrorClass::data,
         Subject::mirror});
    return failing_table(std::string(parameter), "it is not in postconf, and its default is not known",
                         FailureKind::not_mirrored);
  }

  /// Reads the users, .forward files and :include: files, each if the mirror has them.
  void read_users(const MirrorDirectory& mirror, MirrorFiles& files) {
    if (auto users = files.users()) primary().mailboxes = TableList({std::move(users)});
    RelaySettings derived = settings_;
    derived.profile.value = primary().profile;
    derived.recipient_delimiter = Located<std::string>{primary().rules.delimiters, {}};
    const TableList* mailboxes = primary().mailboxes ? &*primary().mailboxes : nullptr;
    const PrimaryStamps stamped(reader(), mirror, files.manifest());
    if (is_directory(mirror / "forward")) {
      derived.forward_files.value = (mirror / "forward/%u").native();
      forwards_ = forward_copies(derived, mailboxes, stamped, result_.diagnostics, files.manifest().homes);
      primary().forwards = ForwardFiles{derived.forward_files.value, forwards_, forwards_->extended_names()};
    }
    if (!is_directory(mirror / "include")) return;
    derived.include_root.value = (mirror / "include").native();
    primary().includes = include_copies(derived, primary().aliases, forwards_.get(), stamped, result_.diagnostics);
  }

  static bool is_directory(const std::filesystem::path& path) {
    std::error_code error;
    return std::filesystem::is_directory(path, error);
  }

  /// Counts the entries of every table, the .forward files, and the members in all :include: files, because max-shrink
  /// concerns all of them.
  void count_entries(const MirrorFiles::Tables& tables) {
    for (const auto& [name, table] : tables) result_.entries[name_at_primary(*table)] = table->entries();
    if (primary().includes) {
      std::size_t members = 0;
      for (const auto& [path, file] : *primary().includes) members += file ? file->targets.size() : 0;
      result_.entries["include"] = members;
    }
    if (forwards_ == nullptr) return;
    std::size_t forwards = 0;
    forwards_->each_text([&](std::string_view) { ++forwards; });
    result_.entries["forward"] = forwards;
  }

  /// The primary's own name of the table. If the mirror is a link, each copy is a new directory, and the names of its
  /// tables must not change with it.
  std::string name_at_primary(const Table& table) const {
    std::string name = table.name();
    if (root_.empty()) return name;
    for (const std::string& copies : {root_ + "/files", root_}) {
      if (const std::size_t at = name.find(copies + "/"); at != name.npos) return name.erase(at, copies.size());
    }
    return name;
  }

  /// Reports a missing part of the mirror, without which all recipients of the relay are kept.
  void report_not_mirrored(const std::string& path, const std::string& what, std::string fix,
                           Severity severity = Severity::error) {
    primary().unproven = LookupFailure{fmt::format("{}: {}", path, what), FailureKind::not_mirrored};
    result_.diagnostics.push_back({{path, 0},
                                   what + ": every recipient of this relay is kept",
                                   std::move(fix),
                                   severity,
                                   ErrorClass::missing,
                                   Subject::mirror});
  }

  const RelaySettings& settings_;
  TextFiles plain_;
  LoadedRelay result_;
  TrackedFiles tracked_;
  Backends& backends_;
  std::string root_;  ///< the directory that is read, with links resolved
  std::shared_ptr<const ForwardCopies> forwards_;
};

}  // namespace

LoadedRelay load_mirror(const RelaySettings& settings, const FileReader& files, Backends& backends) {
  return MirrorLoader(settings, files, backends).load();
}

}  // namespace shorthop
