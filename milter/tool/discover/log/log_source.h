// Reads logs for discover and trace: files, compressed or not, in the order of their first time stamps; standard input;
// the journal. Reports what cannot be read, and goes on with the rest.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "system/descriptor.h"
#include "system/mail_journal.h"
#include "tool/discover/log/log_line.h"
#include "tool/subcommand.h"

namespace shorthop::tool {

struct LogCounts {
  std::uint64_t lines = 0;
  std::uint64_t of_postfix = 0;
  std::uint64_t not_understood = 0;  ///< lines without a stamp, a host or a program
  std::uint64_t cut = 0;             ///< too long: only the beginning was read
  LogTime first;                     ///< stamp of the first line of Postfix
  LogTime last;                      ///< stamp of the last line of Postfix
};

/// Where to read.
struct LogChoice {
  std::vector<std::string> names;  ///< files; "-": standard input; a directory: the journal in it
  bool journal = false;            ///< this host's journal too
};

class LogSource {
 public:
  /// Longer lines are truncated; lines of Postfix are shorter.
  static constexpr std::size_t max_line = 64 * 1024;

  /// Opens everything now, because alias data is read with other rights later (ActingAs).
  LogSource(const LogChoice& choice, Streams& streams);

  /// Gives each line of a log to `sink`. Prints what is wrong with the logs. Returns the exit status (sysexits.h): 66
  /// if a log cannot be opened, 65 if one is damaged, truncated or without a line of Postfix, 0 if all is well.
  int read(const std::function<void(const LogLine&)>& sink);

  const LogCounts& counts() const { return counts_; }

 private:
  struct Opened {
    std::string name;
    LogTime first_stamp;
    std::variant<Descriptor, MailJournal> source;  ///< a closed descriptor stands for standard input
  };
  /// How far a host's lines have been read, and from which log.
  struct Read {
    std::string log;
    LogTime last;
  };
  using Sink = std::function<void(const LogLine&)>;

  void open_file(const std::string& name);
  void open_journal(const std::string& name, const std::string& directory);
  void read_file(Opened& opened, const Sink& sink);
  void read_journal(Opened& opened, const Sink& sink);
  void take_text(std::string_view text, LogClock& clock, const std::string& name, const Sink& sink);
  void take(const LogLine& line, const std::string& name, const Sink& sink);
  void warn(const std::string& name, const std::string& what, const std::string& fix, int status);
  void check_overlap(const LogLine& line, const std::string& name);
  void show_progress(const std::string& name);

  Streams& streams_;
  std::vector<Opened> opened_;
  LogCounts counts_;
  std::map<std::string, Read, std::less<>> hosts_;
  std::string overlapping_;  ///< the log for which check_overlap() warned last
  int status_ = 0;
  std::chrono::steady_clock::time_point last_progress_{};
};

}  // namespace shorthop::tool
