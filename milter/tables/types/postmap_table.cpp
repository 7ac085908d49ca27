// The types that this program does not read itself: this host's own postmap(1) answers, one child for each key. One
// key at a time, because a value may contain line ends, and then the answers to several keys cannot be told apart.
// Source: postmap(1), "-q"; Postfix postmap/postmap.c, postmap_queries().
#include <algorithm>

#include <fmt/format.h>

#include "system/child_output.h"
#include "system/deadline.h"
#include "system/private_file.h"
#include "tables/types.h"
#include "tables/types/backends.h"
#include "text/ascii.h"
#include "text/items.h"
#include "text/lines.h"

namespace shorthop {
namespace {

/// Whether the line is a warning about a line of main.cf, or of a table, that Postfix skips. Such a warning says
/// nothing about the look-up, but may quote words of the skipped line: "postmap: warning: PATH, line N: duplicate
/// entry: ..." (util/dict.c).
bool is_about_skipped_line(std::string_view line) {
  constexpr std::string_view warning = ": warning: ";
  constexpr std::string_view number = ", line ";
  line.remove_prefix(std::min(line.find(warning), line.size()));
  const std::size_t place = line.find(number);
  if (!line.starts_with(": warning: /") || place == line.npos) return false;
  line.remove_prefix(place + number.size());
  line.remove_prefix(std::min(line.find_first_not_of("0123456789"), line.size()));
  return line.starts_with(": overriding earlier entry: ") || line.starts_with(": duplicate entry: ");
}

/// Whether standard error shows that the look-up failed. A line that is not a warning is an error. If no key was found,
/// postmap(1) has one exit status for "absent" and for errors. The words of its warnings must then tell them apart,
/// because some types only warn, such as "NIS lookups disabled" (util/dict_nis.c).
bool has_failed_look_up(std::string_view errors, bool is_found) {
  for (const std::string_view line : lines_of(trimmed(errors))) {
    if (line.empty() || is_about_skipped_line(line)) continue;
    const std::string words = folded(line);
    if (!words.contains(": warning: ")) return true;
    if (!is_found && (words.contains("error") || words.contains("disabled"))) return true;
  }
  return false;
}

/// The last line, which is the most useful one: it says why postmap(1) gave up.
std::string reason_in(std::string_view errors) {
  const std::string_view text = trimmed(errors);
  const std::size_t end_of_line = text.rfind('\n');
  return printable(end_of_line == text.npos ? text : text.substr(end_of_line + 1), 200);
}

/// The name for postmap(1), without "proxy:" before members of unions and pipes: only the user of Postfix may ask
/// proxymap(8), and postmap would try for a long time.
std::string name_without_proxy(const TableName& table, int depth = 0) {
  constexpr int max_depth = 10;
  const TableType* type = find_table_type(table.type);
  const auto inside = inside_braces(table.name);
  if (type == nullptr || !type->is_composed || !inside || depth > max_depth) return table.text();
  std::string members;
  for (const std::string& written : list_items(*inside)) {
    const auto member = TableName::parse(written);
    members.append(members.empty() ? "" : ", ").append(member ? name_without_proxy(*member, depth + 1) : written);
  }
  return fmt::format("{}:{{ {} }}", table.type, members);
}

class PostmapTable final : public Table {
 public:
  /// `file`: the file that postmap reads instead of the table's own file; null: postmap reads the table's own file.
  /// `parameters`: the text of the file that postmap reads, if the table is live; otherwise empty.
  PostmapTable(const OpenRequest& request, std::string_view parameters, std::string program,
               std::unique_ptr<const PrivateFile> file)
      : Table(request.table.text()),
        program_(std::move(program)),
        file_(std::move(file)),
        postmap_name_(file_ == nullptr ? name_without_proxy(request.table) : request.table.type + ':' + file_->path()),
        config_(request.backends.live_settings().postfix_config),
        directory_(request.backends.queue_directory()),
        has_uri_(parameters.contains("postgresql:")),
        answers_(request.backends.answers(request.kept_as(), parameters)) {}

  Lookup find(const LookupKey& key, Deadline deadline) const override {
    // Pattern tables fold the key themselves or not at all; the others would fold it as we do (DICT_FLAG_FOLD_FIX).
    const std::string key_text(is_pattern() ? key.text : key.folded);
    if (key_text.contains('\n') || key_text.contains('\0')) {
      return failure("a key with a line end or a NUL cannot be looked up", FailureKind::bad_data);
    }
    Lookup answer =
        answers_->find(key_text, deadline, [this](const auto& text, Deadline last) { return ask(text, last); });
    if (!answer) return failure(answer.error());
    return answer;
  }

 private:
  Lookup ask(const std::string& key, Deadline deadline) const {
    const ChildLimits limits{std::max(time_left(deadline), std::chrono::milliseconds(1)), max_value};
    auto run = run_child(program_, {"-c", config_, "-q", "-", postmap_name_}, key + '\n', limits, directory_);
    if (run) return answer_in(*run, key);
    const bool is_late = run.error().kind == ChildFailure::Kind::timed_out;
    return std::unexpected(
        LookupFailure{std::move(run.error().what), is_late ? FailureKind::timeout : FailureKind::unavailable});
  }

  /// The output is the key, a tab, the value and a line end.
  Lookup answer_in(ChildRun& run, const std::string& key) const {
    if (run.exit_status > 1 || has_failed_look_up(run.errors, run.exit_status == 0)) {
      const std::string reason = has_uri_ ? "the look-up failed" : reason_in(run.errors);
      return std::unexpected(LookupFailure{"postmap: " + reason, FailureKind::unavailable});
    }
    if (run.exit_status == 1) return std::nullopt;
    const bool is_answer = run.output.starts_with(key + '\t') && run.output.ends_with('\n');
    if (!is_answer)
      return std::unexpected(
          LookupFailure{"postmap printed something other than the key and its value", FailureKind::bad_data});
    return Entry{run.output.substr(key.size() + 1, run.output.size() - key.size() - 2), 0};
  }

  static constexpr std::size_t max_value = 1 << 20;

  const std::string program_;
  const std::unique_ptr<const PrivateFile> file_;
  const std::string postmap_name_;
  const std::string config_;
  const std::string directory_;  ///< where postmap runs, as the programs of Postfix do
  const bool has_uri_;           ///< a URI may have a password, which messages of postmap(1) may then show
  const std::shared_ptr<LiveAnswers> answers_;
};

std::shared_ptr<const Table> refuse(const OpenRequest& request, std::string what, std::string fix,
                                    ErrorClass error_class) {
  request.problems.push_back(
      {{request.table.text(), 0}, std::move(what), std::move(fix), Severity::error, error_class});
  return nullptr;
}

/// Whether this host's postmap supports the type; if not, the request is refused.
bool knows_type(const OpenRequest& request, const std::string& postmap) {
  const std::string& type = request.table.type;
  const auto types = request.backends.postfix_types();
  if (postmap.empty() || !types) {
    refuse(request,
           fmt::format("tables of type {} are looked up by this host's postmap, which cannot be asked: {}", type,
                       types ? "not found" : types.error()),
           "copy the table's entries into a text: table", ErrorClass::missing);
    return false;
  }
  if (types->contains(type)) return true;
  refuse(request, fmt::format("this host's Postfix has no tables of type {}", type),
         fmt::format("install the package postfix-{}; `postconf -m` prints the types", type), ErrorClass::missing);
  return false;
}

/// Whether two look-ups of one key may differ. A composed table may have a random one as a member.
bool is_random(const TableName& table) {
  const TableType& type = *find_table_type(table.type);
  if (type.is_random) return list_items(inside_braces(table.name).value_or(table.name)).size() > 1;
  return type.is_composed && std::ranges::any_of(table_types(), [&](const TableType& member) {
           return member.is_random && table.name.contains(std::string(member.name) + ':');
         });
}

}  // namespace

std::shared_ptr<const Table> open_postmap(const OpenRequest& request) {
  if (is_random(request.table)) {
    return failing_table(request.table.text(), "it gives a random answer", FailureKind::not_followed);
  }
  const std::string program = find_program("postmap");
  if (!knows_type(request, program)) return nullptr;
  std::string parameters;
  if (!request.file.empty()) {
    auto text = request.table_file();
    if (!text) {
      const ReadFailure& failure = text.error();
      return refuse(request, fmt::format("cannot read {}: {}", request.file, failure.what),
                    advice_for(failure.kind, "correct the path"), error_class_of(failure.kind));
    }
    if (find_table_type(request.table.type)->is_live) parameters = std::move(*text);
  }
  if (request.options.copies_database) {
    return refuse(request, "its database is a file of the mirror, which may be replaced while postmap reads it",
                  "build shorthop with SQLite", ErrorClass::missing);
  }
  if (request.options.open_of_primary) {
    return refuse(request, "its parameter domain names a table of the primary, which postmap cannot ask from here", {},
                  ErrorClass::missing);
  }
  std::unique_ptr<const PrivateFile> file;
  if (request.options.instead_of_file) {
    auto made = PrivateFile::make(*request.options.instead_of_file);
    if (!made) return refuse(request, "cannot make a private table file: " + made.error(), {}, ErrorClass::temporary);
    file = std::move(*made);
  }
  return std::make_shared<PostmapTable>(request, parameters, program, std::move(file));
}

}  // namespace shorthop
