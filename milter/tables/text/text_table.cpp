#include "tables/text/text_table.h"

#include <algorithm>
#include <array>
#include <boost/container/static_vector.hpp>
#include <functional>
#include <map>
#include <optional>

#include "mail/international.h"
#include "tables/index.h"
#include "tables/text/line_formats.h"
#include "tables/text/logical_lines.h"
#include "tables/text/target.h"
#include "text/ascii.h"
#include "text/utf8.h"

namespace shorthop {
namespace {

constexpr std::size_t max_text = std::size_t{1} << 31;  // offsets have 32 bits
constexpr std::size_t max_sendmail_line = 8000;         // newaliases accepts a few more (BUFSIZ of its C library)

LineResult parse_line(TextFormat format, std::string_view line, std::string& buffer) {
  switch (format) {
    case TextFormat::aliases5: return parse_aliases5(line, buffer);
    case TextFormat::sendmail_aliases: return parse_sendmail_alias(line, buffer);
    case TextFormat::virtual5:
    case TextFormat::texthash:
    case TextFormat::virtusertable: return parse_virtual5(line);
    case TextFormat::first_word: return parse_first_word(line, buffer);
  }
  return std::unexpected(LineError{"unknown text format", {}});
}

/// postmap(1), postalias(1) and a table of the type texthash ignore a line that is not UTF-8, unless smtputf8_enable is
/// no. The programs of Sendmail take any bytes.
bool has_wrong_encoding(const LogicalLine& line, LineStyle style) {
  return style == LineStyle::postfix && !is_utf8(line.text);
}

/// Whether the line is skipped before it is parsed.
bool is_ignored(const LogicalLine& line, LineStyle style) {
  return line.is_stray_continuation() || line.text.contains('\0') || has_wrong_encoding(line, style) ||
         (style == LineStyle::aliases && line.text.size() > max_sendmail_line);
}

/// Whether the values are addresses or special targets, which can be checked when they are read.
bool has_targets(TextFormat format) {
  return format == TextFormat::aliases5 || format == TextFormat::virtual5 || format == TextFormat::sendmail_aliases;
}

LineStyle style_of(TextFormat format) {
  if (format == TextFormat::sendmail_aliases) return LineStyle::aliases;
  return format == TextFormat::virtusertable ? LineStyle::makemap : LineStyle::postfix;
}

class TextTable final : public Table {
 public:
  TextTable(std::string name, std::optional<FileStamp::Time> changed, std::string text, TextFormat format)
      : Table(std::move(name), changed), text_(std::move(text)), index_(lines_in(text_)), format_(format) {}

  Lookup find(const LookupKey& lookup_key, Deadline) const override {
    const std::string_view key = lookup_key.folded;
    if (const std::uint32_t line = broken_line(key); line != 0) {
      return failure("the entry for " + excerpt(key) + " cannot be read", FailureKind::bad_data, line);
    }
    std::optional<Entry> entry;
    if (has_keys_like(key)) {
      index_.find(Index::hash_of(key), [&](const Index::Slot& slot) {
        return with_line(slot, [&](const ParsedLine& line) {
          if (!has_key(line, key)) return false;
          entry = Entry{std::string(line.value), slot.line};
          return true;
        });
      });
    }
    if (entry || any_key_line_ == 0) return entry;
    return failure("this line may be an entry for " + excerpt(key), FailureKind::bad_data, any_key_line_);
  }

  bool each_entry(const UseEntry& use) const override {
    LogicalLines lines(text(), style());
    std::string buffer;
    for (LogicalLine line; lines.next(line);) {
      if (is_ignored(line, style())) continue;
      if (const auto parsed = parse_line(format_, line.text, buffer)) use(parsed->key, parsed->value, line.number);
    }
    return true;
  }

  std::optional<std::size_t> entries() const override { return index_.size(); }

  std::string_view text() const { return text_; }
  TextFormat format() const { return format_; }
  LineStyle style() const { return style_of(format_); }
  /// Every later look-up of this key fails.
  void mark_broken(std::string_view key, std::uint32_t line) { broken_.emplace(folded_utf8(key), line); }

  /// Every later look-up of a key that the table lacks fails.
  void mark_incomplete(std::uint32_t line) { any_key_line_ = line; }

  bool has(std::string_view key) const { return Table::find(folded_utf8(key)).value_or(std::nullopt).has_value(); }

  /// The key's hash, for prefetch() and add().
  static std::uint32_t hash_of(std::string_view key) {
    return is_ascii(key) ? Index::hash_of(key) : Index::hash_of(folded_utf8(key));
  }
  void prefetch(std::uint32_t hash) const { index_.prefetch(hash); }

  /// Adds the entry of a line; if the key exists already, returns the number of its line, else 0.
  std::uint32_t add(const LogicalLine& line, std::string_view key, std::uint32_t hash) {
    has_shape_[shape_of(key)] = true;
    const Index::Slot slot{static_cast<std::uint32_t>(line.offset), line.number};
    const Index::Slot* earlier = index_.insert(hash, slot, [&](const Index::Slot& other) {
      return with_line(other, [&](const ParsedLine& parsed) { return has_key(parsed, folded_utf8(key)); });
    });
    return earlier ? earlier->line : 0;
  }

 private:
  /// A name, "@domain" or "name@domain": a search tries each, but few tables have keys of all three kinds.
  static std::size_t shape_of(std::string_view key) {
    const std::size_t at = key.find('@');
    return at == key.npos ? 0 : at == 0 ? 1 : 2;
  }
  bool has_keys_like(std::string_view key) const { return has_shape_[shape_of(key)]; }

  /// Whether the line has this key; case is ignored.
  static bool has_key(const ParsedLine& line, std::string_view folded_key) {
    return line.key == folded_key || equal_folded(line.key, folded_key) ||
           (!is_ascii(line.key) && folded_utf8(line.key) == folded_key);
  }

  /// The line of an unreadable entry for this key; 0: there is none.
  std::uint32_t broken_line(std::string_view key) const {
    if (broken_.empty()) return 0;
    const auto found = broken_.find(folded_utf8(key));
    return found == broken_.end() ? 0 : found->second;
  }

  static std::size_t lines_in(std::string_view text) {
    std::size_t lines = 1;
    for (std::size_t end = text.find('\n'); end != text.npos; end = text.find('\n', end + 1)) ++lines;
    return lines;
  }

  /// Parses the line of an entry again, and returns what `use` returns for it.
  template <class Use>
  bool with_line(const Index::Slot& slot, Use use) const {
    std::string buffer;
    LogicalLine line;
    LogicalLines lines(text(), slot.offset, slot.line, style());
    if (!lines.next(line)) return false;
    const auto parsed = parse_line(format_, line.text, buffer);
    return parsed && use(*parsed);
  }

  std::string text_;
  Index index_;
  TextFormat format_;
  std::array<bool, 3> has_shape_{};
  std::map<std::string, std::uint32_t, std::less<>> broken_;  ///< folded key -> line of an unreadable entry
  std::uint32_t any_key_line_ = 0;  ///< the last line that may be an entry of any key; 0: there is none
};

/// The rest of the value from a '#' that starts a target, outside of quotes and parentheses. It is probably meant as a
/// comment, but virtual(5) and aliases(5) have comments only on separate lines.
std::string_view trailing_comment(std::string_view value) {
  bool in_quotes = false;
  int depth = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    if (c == '\\') {
      ++i;
    } else if (c == '"') {
      in_quotes = !in_quotes;
    } else if (!in_quotes && c == '(') {
      ++depth;
    } else if (!in_quotes && c == ')' && depth > 0) {
      --depth;
    } else if (c == '#' && !in_quotes && depth == 0 && (i == 0 || is_space(value[i - 1]))) {
      return value.substr(i);
    }
  }
  return {};
}

/// Collects the diagnostics of one file. Caps the number of each kind, so that a file in the wrong format does not
/// exhaust memory.
class DiagnosticLimiter {
 public:
  DiagnosticLimiter(const std::string& file, Diagnostics& problems) : file_(file), problems_(problems) {}

  struct Kind {
    Severity severity;
    std::size_t max_reported;
    std::string_view plural;  ///< "and 7 more ..."
    std::size_t count = 0;
  };

  void add(Kind& kind, std::uint32_t line, std::string what, std::string fix) {
    if (++kind.count > kind.max_reported) return;
    problems_.push_back({{file_, line}, std::move(what), std::move(fix), kind.severity, ErrorClass::data});
  }

  void close(const Kind& kind) {
    if (kind.count <= kind.max_reported) return;
    std::string what = "and " + std::to_string(kind.count - kind.max_reported) + " more " + std::string(kind.plural);
    problems_.push_back({{file_, 0}, std::move(what), {}, kind.severity, ErrorClass::data});
  }

 private:
  const std::string& file_;
  Diagnostics& problems_;
};

/// Reads all lines of a text into its table.
class Loader {
 public:
  Loader(TextTable& table, const std::string& file, Diagnostics& problems)
      : table_(table),
        remarks_(file, problems),
        holds_targets_(has_targets(table.format())),
        has_nul_(table.text().contains('\0')),
        is_ascii_(is_ascii(table.text())) {}

  void load() {
    LogicalLines lines(table_.text(), table_.style());
    for (LogicalLine line; lines.next(line);) load_line(line);
    add_waiting();
    for (const auto* kind : {&ignored_, &duplicates_, &not_utf8_, &unreadable_}) remarks_.close(*kind);
  }

 private:
  /// A line that was read, and whose entry is not yet in the table.
  struct Waiting {
    LogicalLine line;
    ParsedLine parsed;
    std::uint32_t hash = 0;
    std::uint32_t earlier = 0;  ///< the line that has the same key; 0: there is none
  };

  void load_line(const LogicalLine& line) {
    const auto parsed = parsed_line(line);
    if (!parsed) return;
    waiting_.push_back({line, *parsed, TextTable::hash_of(parsed->key)});
    // A key or value outside of the text is in a buffer, which the next line overwrites.
    const bool may_wait = is_in_text(parsed->key) && is_in_text(parsed->value);
    if (!may_wait || waiting_.size() == max_waiting) add_waiting();
  }

  bool is_in_text(std::string_view part) const {
    const std::string_view text = table_.text();
    return !std::less<>()(part.data(), text.data()) && !std::less<>()(text.data() + text.size(), part.data());
  }

  /// Adds the entries that wait. ignore() calls this first, so that problems are reported in the order of the lines.
  void add_waiting() {
    for (std::size_t at = 0; at < waiting_.size() + prefetched; ++at) {
      if (at < waiting_.size()) table_.prefetch(waiting_[at].hash);
      if (at >= prefetched) add(waiting_[at - prefetched]);
    }
    for (const Waiting& entry : waiting_) check(entry);
    waiting_.clear();
  }

  /// For Postfix a line ends at a NUL, so the key may exist on the primary.
  std::nullopt_t ignore_cut(const LogicalLine& line) {
    ignore(line, "the line has a NUL byte", "if this is a database, name it as hash:, btree:, lmdb: or cdb:");
    const auto cut = parse_line(table_.format(), line.text.substr(0, line.text.find('\0')), buffer_);
    cut ? mark_broken(cut->key, line.number) : mark_unreadable(cut.error(), line.number);
    return std::nullopt;
  }

  /// nullopt if the line has no valid entry; the problem is then reported.
  std::optional<ParsedLine> parsed_line(const LogicalLine& line) {
    if (line.is_stray_continuation()) {
      ignore(line, stray_continuation_error, "remove the white space");
      return std::nullopt;
    }
    if (has_nul_ && line.text.contains('\0')) return ignore_cut(line);
    auto parsed = parse_line(table_.format(), line.text, buffer_);
    if (!parsed) {
      ignore(line, parsed.error().what, parsed.error().fix);
      mark_unreadable(parsed.error(), line.number);
      return std::nullopt;
    }
    if (table_.style() == LineStyle::aliases && line.text.size() > max_sendmail_line) {
      ignore(line, "the line is longer than 8000 bytes, and Sendmail ignores it",
             "divide it, or use an :include: file");
      mark_broken(parsed->key, line.number);
      return std::nullopt;
    }
    if (!is_ascii_ && has_wrong_encoding(line, table_.style())) {
      add_waiting();
      remarks_.add(not_utf8_, line.number, "the line is not UTF-8, so Postfix ignores it", "save the file as UTF-8");
      mark_broken(parsed->key, line.number);
      return std::nullopt;
    }
    return *parsed;
  }

  void add(Waiting& entry) { entry.earlier = table_.add(entry.line, entry.parsed.key, entry.hash); }

  void check(const Waiting& entry) {
    const LogicalLine& line = entry.line;
    if (entry.earlier != 0) {
      return table_.style() == LineStyle::postfix ? ignore_duplicate(line, entry.parsed.key, entry.earlier)
                                                  : add_ambiguous(line, entry.parsed.key, entry.earlier);
    }
    if (holds_targets_) check_targets(line, entry.parsed.value);
  }

  void ignore_duplicate(const LogicalLine& line, std::string_view key, std::uint32_t earlier) {
    remarks_.add(duplicates_, line.number,
                 "duplicate key " + excerpt(key) + ": line " + std::to_string(earlier) + " is used, as in Postfix",
                 "remove one of the two lines");
  }

  /// Handles an unreadable line like postmap(1), postalias(1), makemap(8) and newaliases(1): warns and continues.
  void ignore(const LogicalLine& line, std::string what, std::string fix) {
    add_waiting();
    remarks_.add(ignored_, line.number, std::move(what), std::move(fix));
  }

  /// An ignored line has no entry. Its intended meaning is unknown, so look-ups of its key fail. In the formats of
  /// Postfix, an earlier line with the key is used.
  void mark_broken(std::string_view key, std::uint32_t line) {
    if (!key.empty() && (table_.style() != LineStyle::postfix || !table_.has(key))) table_.mark_broken(key, line);
  }

  void mark_unreadable(const LineError& error, std::uint32_t line) {
    mark_broken(error.key, line);
    if (error.is_any_key) table_.mark_incomplete(line);
  }

  void add_ambiguous(const LogicalLine& line, std::string_view key, std::uint32_t earlier) {
    table_.mark_broken(key, line.number);
    remarks_.add(duplicates_, line.number,
                 "duplicate key " + excerpt(key) + ", first in line " + std::to_string(earlier) +
                     ": recipients that it names are kept",
                 "remove one of the two lines");
  }

  /// Warns of targets that cannot be read. Recipients with such targets are kept, so this is not an error.
  void check_targets(const LogicalLine& line, std::string_view value) {
    const Dialect dialect = table_.format() == TextFormat::virtual5 ? Dialect::virtual5 : Dialect::local8;
    if (value.contains('#')) {
      if (const std::string_view comment = trailing_comment(value); !comment.empty()) {
        return remarks_.add(
            unreadable_, line.number,
            "a comment needs a line of its own: " + excerpt(comment) + " is read as part of the targets",
            "move the comment to a line of its own");
      }
    }
    if (only_plain_addresses(value)) return;
    for (const Target& target : parse_targets(value, dialect)) {
      const auto* unreadable = std::get_if<UnreadableTarget>(&target);
      if (!unreadable) continue;
      remarks_.add(unreadable_, line.number,
                   "cannot read " + excerpt(unreadable->text) + ": " + unreadable->what +
                       ", so a recipient that leads here is kept",
                   "correct or remove this target");
    }
  }

  TextTable& table_;
  DiagnosticLimiter remarks_;
  bool holds_targets_;
  bool has_nul_;
  bool is_ascii_;
  std::string buffer_;
  static constexpr std::size_t max_waiting = 256;
  /// The places of this many entries in the index are fetched at once. To fetch a single place takes as long as to read
  /// a line.
  static constexpr std::size_t prefetched = 16;
  boost::container::static_vector<Waiting, max_waiting> waiting_;
  DiagnosticLimiter::Kind ignored_{Severity::warning, 1'000, "lines that cannot be parsed"};
  DiagnosticLimiter::Kind duplicates_{Severity::warning, 100, "duplicate keys"};
  DiagnosticLimiter::Kind not_utf8_{Severity::warning, 100'000, "lines that are not UTF-8"};
  DiagnosticLimiter::Kind unreadable_{Severity::warning, 100'000, "targets that cannot be parsed"};
};

}  // namespace

std::shared_ptr<const Table> text_table(std::string name, std::string file, std::string text, TextFormat format,
                                        Diagnostics& problems, std::optional<FileStamp::Time> changed) {
  if (text.size() >= max_text) {
    problems.push_back({{std::move(file), 0}, "the file is larger than 2 GiB", "use lmdb: or cdb: for such a table"});
    return nullptr;
  }
  auto table = std::make_shared<TextTable>(std::move(name), changed, std::move(text), format);
  Loader(*table, file, problems).load();
  return table;
}

}  // namespace shorthop
