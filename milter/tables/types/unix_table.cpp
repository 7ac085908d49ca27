// unix:passwd.byname and unix:group.byname: each look-up asks the system.
#include <grp.h>
#include <pwd.h>

#include <cerrno>
#include <type_traits>
#include <vector>

#include "system/system_error.h"
#include "tables/types.h"
#include "tables/types/backends.h"

namespace shorthop {
namespace {

/// In the format of passwd(5), like Postfix's passwd.byname.
std::string value_of(const passwd& user) {
  const auto text = [](const char* field) { return std::string(field ? field : ""); };
  return text(user.pw_name) + ':' + text(user.pw_passwd) + ':' + std::to_string(user.pw_uid) + ':' +
         std::to_string(user.pw_gid) + ':' + text(user.pw_gecos) + ':' + text(user.pw_dir) + ':' + text(user.pw_shell);
}

/// In the format of group(5).
std::string value_of(const group& entry) {
  std::string result = std::string(entry.gr_name) + ':' + (entry.gr_passwd ? entry.gr_passwd : "") + ':' +
                       std::to_string(entry.gr_gid) + ':';
  for (char** member = entry.gr_mem; member && *member; ++member) {
    if (member != entry.gr_mem) result += ',';
    result += *member;
  }
  return result;
}

/// getpwnam(3): with these errors the name was not found; with all others the answer is unknown. EBADF and EPERM, which
/// the manual page lists among the first kind, count as unknown: to keep a recipient is the safe answer.
bool means_absent(int error) { return error == 0 || error == ENOENT || error == ESRCH; }

template <class Record>
using Getter = int (*)(const char*, Record*, char*, std::size_t, Record**);

template <class Record, Getter<Record> get>
class UnixTable final : public Table {
 public:
  UnixTable(const std::string& name, Backends& backends)
      : Table(name), lookups_(backends.lookups(name, &UnixTable::ask)) {}

  Lookup find(const LookupKey& key, Deadline deadline) const override {
    if (key.folded.contains('\0')) return std::nullopt;  // the C function would ask for another name
    Lookup answer = lookups_->find(std::string(key.folded), deadline);
    if (!answer) return failure(answer.error());
    return answer;
  }

 private:
  static Lookup ask(const std::string& text) {
    constexpr std::size_t max_buffer = 1 << 20;
    std::vector<char> buffer(1024);
    while (true) {
      Record record{};
      Record* found = nullptr;
      const int error = get(text.c_str(), &record, buffer.data(), buffer.size(), &found);
      if (found) return Entry{value_of(*found), 0};
      if (means_absent(error)) return std::nullopt;
      if (error == EINTR) continue;
      if (error != ERANGE || buffer.size() >= max_buffer) {
        return std::unexpected(LookupFailure{error_text(error), FailureKind::unavailable});
      }
      buffer.resize(buffer.size() * 4);
    }
  }

  std::shared_ptr<const DeadlineLookups> lookups_;
};

}  // namespace

std::shared_ptr<const Table> open_unix(const OpenRequest& request) {
  const TableName& table = request.table;
  if (table.name == "passwd.byname") {
    return std::make_shared<UnixTable<passwd, &::getpwnam_r>>(table.text(), request.backends);
  }
  if (table.name == "group.byname") {
    return std::make_shared<UnixTable<group, &::getgrnam_r>>(table.text(), request.backends);
  }
  request.problems.push_back({{table.text(), 0},
                              "unknown system table",
                              "use unix:passwd.byname or unix:group.byname",
                              Severity::error,
                              ErrorClass::settings});
  return nullptr;
}

}  // namespace shorthop
