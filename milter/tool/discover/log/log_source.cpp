#include "tool/discover/log/log_source.h"

#include <fmt/format.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <tuple>
#include <utility>
#include <variant>

#include "system/packed_file.h"
#include "text/diagnostic.h"
#include "tool/discover/log/line_splitter.h"
#include "tool/discover/log/mail_event.h"

namespace shorthop::tool {
namespace {

constexpr std::chrono::seconds progress_interval{5};
constexpr std::size_t max_hosts = 1000;  // overlaps of the lines of further hosts are not reported

/// Whether the first block of a file has the magic number that a POSIX archive has in its first header.
bool is_tar_archive(std::string_view block) {
  constexpr std::size_t offset_of_magic = 257;
  return block.size() > offset_of_magic && block.substr(offset_of_magic).starts_with("ustar");
}

constexpr auto before_was_used = "; everything before that place was used";

bool is_input(const std::string& name) { return name == "-"; }

bool is_directory(const std::string& name) {
  std::error_code ignored;
  return std::filesystem::is_directory(name, ignored);
}

/// The first stamp in the first block of a file; nullopt: there is none, or it cannot be read.
std::optional<LogTime> first_stamp(const std::string& name) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(name, ignored)) return std::nullopt;
  auto opened = PackedFile::open(name);
  if (!opened) return std::nullopt;
  auto file = PackedFile::read(std::move(*opened));
  if (!file) return std::nullopt;
  LogClock clock(file->modified());
  const auto block = file->next();
  std::optional<LogTime> found;
  LineSplitter lines(LogSource::max_line);
  const auto use = [&](std::string_view line, bool) {
    if (found) return;
    if (const auto parsed = parse_log_line(line, clock)) found = parsed->time;
  };
  if (block) lines.add(*block, use);
  return found;
}

std::string where_mail_is_logged(bool journal_was_read) {
  const std::string usual = "/var/log/mail.log";
  std::error_code ignored;
  const bool is_there = std::filesystem::exists(usual, ignored);
  const std::string file =
      "name the mail log" + (is_there ? ", often " + usual : "; " + usual + ", the usual one, is not on this host");
  return journal_was_read ? file : file + ", or use --journal";
}

}  // namespace

LogSource::LogSource(const LogChoice& choice, Streams& streams) : streams_(streams) {
  for (const std::string& name : choice.names) {
    if (is_directory(name)) {
      open_journal(name, name);
    } else {
      open_file(name);
    }
  }
  // The shell expands "mail.log*" with the newest file first. Files without a stamp come last.
  std::ranges::sort(opened_, [](const Opened& one, const Opened& other) {
    return std::tie(one.first_stamp, one.name) < std::tie(other.first_stamp, other.name);
  });
  if (choice.journal) open_journal("the journal", {});
}

void LogSource::open_file(const std::string& name) {
  if (is_input(name)) {
    opened_.push_back({"standard input", LogTime::max(), Descriptor()});
    return;
  }
  const auto is_same = [&](const Opened& other) {
    std::error_code ignored;
    return std::filesystem::equivalent(name, other.name, ignored);
  };
  if (std::ranges::any_of(opened_, is_same)) return warn(name, "it is named twice; it is read once", {}, EX_OK);
  auto file = PackedFile::open(name);
  if (!file) {
    const bool is_missing = file.error().kind == ReadFailure::Kind::missing;
    return warn(name, file.error().what,
                is_missing ? "check the name" : "check what it is, and whether you may read it", EX_NOINPUT);
  }
  opened_.push_back({name, first_stamp(name).value_or(LogTime::max()), std::move(*file)});
}

void LogSource::open_journal(const std::string& name, const std::string& directory) {
  auto journal = MailJournal::open(directory);
  if (!journal) return warn(name, journal.error(), "run this as root or in the group systemd-journal", EX_NOINPUT);
  opened_.push_back({name, LogTime::max(), std::move(*journal)});
}

int LogSource::read(const Sink& sink) {
  last_progress_ = std::chrono::steady_clock::now();
  for (Opened& opened : opened_) {
    const std::uint64_t of_postfix = counts_.of_postfix;
    const bool is_journal = std::holds_alternative<MailJournal>(opened.source);
    if (is_journal) {
      read_journal(opened, sink);
    } else {
      read_file(opened, sink);
    }
    if (counts_.of_postfix != of_postfix) continue;
    warn(opened.name, "it has no line of Postfix", where_mail_is_logged(is_journal), EX_DATAERR);
  }
  opened_.clear();
  return status_;
}

void LogSource::read_file(Opened& opened, const Sink& sink) {
  Descriptor& descriptor = std::get<Descriptor>(opened.source);
  auto file =
      descriptor.is_open() ? PackedFile::read(std::move(descriptor)) : PackedFile::read_descriptor(streams_.input);
  if (!file) return warn(opened.name, file.error().what, "check what it is", EX_DATAERR);
  LogClock clock(file->modified());
  LineSplitter lines(max_line);
  const auto use = [&](std::string_view text, bool is_whole) {
    if (!is_whole) ++counts_.cut;
    take_text(text, clock, opened.name, sink);
  };
  bool is_first = true;
  for (;;) {
    const auto block = file->next();
    if (!block) {
      warn(opened.name, "it is damaged or truncated: " + block.error() + before_was_used, "read an undamaged copy",
           EX_DATAERR);
      break;
    }
    if (block->empty()) break;
    if (is_first && is_tar_archive(*block)) {
      return warn(opened.name, "it is a tar archive", "unpack it, and name the files in it", EX_DATAERR);
    }
    is_first = false;
    lines.add(*block, use);
    show_progress(opened.name);
  }
  lines.finish(use);
}

void LogSource::read_journal(Opened& opened, const Sink& sink) {
  JournalEntry entry;
  for (;;) {
    const auto more = std::get<MailJournal>(opened.source).next(entry);
    if (!more) return warn(opened.name, more.error() + before_was_used, "run journalctl --verify", EX_DATAERR);
    if (!*more) return;
    ++counts_.lines;
    LogLine line{entry.time, entry.host, entry.program, entry.text};
    unwrap_repeated(line);
    take(line, opened.name, sink);
    show_progress(opened.name);
  }
}

/// Takes a line of a file. The line may be something other than a log line.
void LogSource::take_text(std::string_view text, LogClock& clock, const std::string& name, const Sink& sink) {
  ++counts_.lines;
  if (const auto line = parse_log_line(text, clock)) {
    take(*line, name, sink);
  } else if (!text.empty()) {
    ++counts_.not_understood;
  }
}

void LogSource::take(const LogLine& line, const std::string& name, const Sink& sink) {
  if (is_from_postfix(line)) {
    check_overlap(line, name);
    if (counts_.of_postfix == 0 || line.time < counts_.first) counts_.first = line.time;
    if (counts_.of_postfix == 0 || line.time > counts_.last) counts_.last = line.time;
    ++counts_.of_postfix;
  }
  sink(line);
}

/// Warns if a log begins before the log that was read before it ends. rsyslog writes the same lines into several files
/// (mail.log, mail.info, syslog), and the journal has them too.
void LogSource::check_overlap(const LogLine& line, const std::string& name) {
  auto at = hosts_.find(line.host);
  if (at == hosts_.end()) {
    if (hosts_.size() >= max_hosts) return;
    at = hosts_.emplace(line.host, Read{name, line.time}).first;
  }
  Read& read = at->second;
  if (read.log != name) {
    constexpr std::chrono::minutes tolerance{1};  // lines around a rotation may change places
    if (line.time + tolerance < read.last && overlapping_ != name) {
      overlapping_ = name;
      warn(name, "it begins before " + read.log + " ends: lines that are in both are counted twice",
           "name logs that follow each other", EX_OK);
    }
    read.log = name;
  }
  read.last = std::max(read.last, line.time);
}

void LogSource::warn(const std::string& name, const std::string& what, const std::string& fix, int status) {
  const Diagnostic problem{{name, 0}, what, fix, status == EX_NOINPUT ? Severity::error : Severity::warning};
  streams_.errors.write(problem.text() + "\n");
  status_ = std::max(status_, status);  // 66 replaces 65
}

void LogSource::show_progress(const std::string& name) {
  const auto now = std::chrono::steady_clock::now();
  if (now - last_progress_ < progress_interval || ::isatty(STDERR_FILENO) == 0) return;
  last_progress_ = now;
  streams_.errors.write(fmt::format("shorthop: {}: {} lines read\n", name, counts_.lines));
  streams_.errors.flush();
}

}  // namespace shorthop::tool
