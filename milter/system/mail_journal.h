// The journal of systemd (sd-journal(3)): reads the lines that mail programs wrote into it, and sends entries to it.
#pragma once

#include <chrono>
#include <expected>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

struct sd_journal;

namespace shorthop {

struct JournalEntry {
  std::chrono::sys_time<std::chrono::milliseconds> time;
  std::string host;
  std::string program;  ///< "postfix/smtpd"
  std::string text;
};

class MailJournal {
 public:
  /// This host's journal, or the one in a directory. Only entries of the facility "mail" (syslog(3)) are read. The
  /// error is a sentence.
  static std::expected<MailJournal, std::string> open(const std::filesystem::path& directory = {});

  /// The next entry; false at the end. The error is a sentence; nothing can be read after it.
  std::expected<bool, std::string> next(JournalEntry& entry);

 private:
  struct Close {
    void operator()(sd_journal* journal) const;
  };

  MailJournal() = default;

  std::unique_ptr<sd_journal, Close> journal_;
};

/// Whether this program was built with libsystemd and can write to the socket of the journal.
bool can_send_to_journal();
/// Sends fields "NAME=value" as one entry (sd_journal_send(3)); false if the journal did not take them.
bool send_to_journal(std::span<const std::string> fields);

}  // namespace shorthop
