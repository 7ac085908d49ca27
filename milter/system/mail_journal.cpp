#include "system/mail_journal.h"

#include <sys/uio.h>
#include <syslog.h>
#include <unistd.h>

#include <string_view>
#include <vector>

#include "system/system_error.h"

#ifdef SHORTHOP_WITH_SYSTEMD
#include <systemd/sd-journal.h>

namespace shorthop {
namespace {

/// Longer values are cut by the library (sd_journal_set_data_threshold(3)).
constexpr std::size_t max_value = 64 * 1024;

/// The value of a field; empty if the entry has none.
std::string value_of(sd_journal* journal, const std::string& field) {
  const void* bytes = nullptr;
  std::size_t size = 0;
  if (::sd_journal_get_data(journal, field.c_str(), &bytes, &size) < 0 || size <= field.size()) return {};
  return std::string(static_cast<const char*>(bytes), size).substr(field.size() + 1);
}

}  // namespace

void MailJournal::Close::operator()(sd_journal* open) const { ::sd_journal_close(open); }

std::expected<MailJournal, std::string> MailJournal::open(const std::filesystem::path& directory) {
  sd_journal* opened = nullptr;
  const int result = directory.empty() ? ::sd_journal_open(&opened, SD_JOURNAL_LOCAL_ONLY | SD_JOURNAL_SYSTEM)
                                       : ::sd_journal_open_directory(&opened, directory.c_str(), 0);
  if (result < 0) return std::unexpected(error_text(-result));
  MailJournal journal;
  journal.journal_.reset(opened);
  const std::string match = "SYSLOG_FACILITY=" + std::to_string(LOG_FAC(LOG_MAIL));
  if (const int failed = ::sd_journal_add_match(opened, match.data(), match.size()); failed < 0) {
    return std::unexpected(error_text(-failed));
  }
  ::sd_journal_set_data_threshold(opened, max_value);
  return journal;
}

std::expected<bool, std::string> MailJournal::next(JournalEntry& entry) {
  const int result = ::sd_journal_next(journal_.get());
  if (result < 0) return std::unexpected(error_text(-result));
  if (result == 0) return false;
  std::uint64_t microseconds = 0;
  if (const int failed = ::sd_journal_get_realtime_usec(journal_.get(), &microseconds); failed < 0) {
    return std::unexpected(error_text(-failed));
  }
  entry.time = std::chrono::sys_time<std::chrono::milliseconds>(std::chrono::milliseconds(microseconds / 1000));
  entry.host = value_of(journal_.get(), "_HOSTNAME");
  entry.program = value_of(journal_.get(), "SYSLOG_IDENTIFIER");
  entry.text = value_of(journal_.get(), "MESSAGE");
  return true;
}

// sd_journal_send(3) reports success even if the socket is missing.
bool can_send_to_journal() { return ::access("/run/systemd/journal/socket", W_OK) == 0; }

bool send_to_journal(std::span<const std::string> fields) {
  std::vector<iovec> parts;
  parts.reserve(fields.size());
  for (const std::string& field : fields) parts.push_back({const_cast<char*>(field.data()), field.size()});
  return ::sd_journal_sendv(parts.data(), static_cast<int>(parts.size())) == 0;
}

}  // namespace shorthop

#else

namespace shorthop {

void MailJournal::Close::operator()(sd_journal* /*open*/) const {}

std::expected<MailJournal, std::string> MailJournal::open(const std::filesystem::path& /*directory*/) {
  return std::unexpected("this program was built without the journal (SHORTHOP_WITH_SYSTEMD)");
}

std::expected<bool, std::string> MailJournal::next(JournalEntry& /*entry*/) { return false; }

bool can_send_to_journal() { return false; }
bool send_to_journal(std::span<const std::string> /*fields*/) { return false; }

}  // namespace shorthop

#endif
