#include "tool/pair/pull_keys.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>

#include "system/child_output.h"
#include "system/descriptor.h"
#include "system/system_error.h"
#include "system/write_file.h"
#include "text/ascii.h"
#include "text/lines.h"
#include "tool/load_all.h"
#include "tool/pair/paired_file.h"

namespace shorthop::tool {
namespace {

namespace fs = std::filesystem;

/// Empty: the text has no key.
std::string fingerprint_of(const std::string& known_hosts) {
  const std::string program = find_program("ssh-keygen");
  if (program.empty()) return {};
  const auto ran = run_child(program, {"-l", "-f", "-"}, known_hosts, {std::chrono::seconds(10), 1 << 16});
  const std::string text = ran ? ran->output : std::string();
  const std::size_t begin = text.find("SHA256:");
  return begin == text.npos ? std::string() : text.substr(begin, text.find(' ', begin) - begin);
}

/// The first error line of ssh-keyscan; empty if there is none, for example if the port refuses connections.
std::string message_of(std::string_view errors) {
  for (const std::string_view line : lines_of(errors)) {
    if (!line.starts_with('#') && !trimmed(line).empty()) return one_line(trimmed(line), 200);
  }
  return {};
}

Diagnostic no_host_key(const SshAccount& account, const std::string& why) {
  return fault(fmt::format("{}:{}", bracketed_host(account), account.port),
               fmt::format("it shows no host key of the type ed25519{}{}", why.empty() ? "" : ": ", why),
               "check the name, and that sshd runs there; if its port is not 22, write HOST:PORT");
}

/// Makes the directory if it is missing. Every user may pass through it, whatever the umask is.
PairStep make_parent(const fs::path& parent) {
  std::error_code error;
  if (fs::exists(parent, error)) return {};
  fs::create_directories(parent, error);
  if (error) return std::unexpected(fault(parent.native(), error_text(error.value()), as_root));
  if (::chmod(parent.c_str(), 0755) != 0) return std::unexpected(fault(parent.native(), error_text(errno), as_root));
  return {};
}

}  // namespace

bool is_fingerprint(std::string_view text) {
  constexpr std::string_view hash = "SHA256:";
  constexpr std::size_t length = 43;  // 32 bytes in base64 without padding
  constexpr std::string_view base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  return text.starts_with(hash) && text.size() == hash.size() + length &&
         text.find_first_not_of(base64, hash.size()) == text.npos;
}

std::expected<HostKey, Diagnostic> scan_host_key(const SshAccount& account) {
  const std::string program = find_program("ssh-keyscan");
  if (program.empty()) return std::unexpected(program_missing("ssh-keyscan"));
  const auto ran =
      run_child(program, {"-T", "20", "-p", std::to_string(account.port), "-t", "ed25519", "--", account.host}, "",
                {std::chrono::minutes(2), 1 << 20});
  if (!ran) return std::unexpected(no_host_key(account, ran.error().what));
  HostKey key;
  for (const std::string_view line : lines_of(ran->output)) {
    if (line.starts_with('#') || trimmed(line).empty()) continue;
    key.known_hosts = std::string(line) + "\n";
    key.fingerprint = fingerprint_of(key.known_hosts);
  }
  if (!key.fingerprint.empty()) return key;
  return std::unexpected(no_host_key(account, message_of(ran->errors)));
}

PullKeys::PullKeys(const RelaySettings& relay)
    : directory_(relay.pull_keys), owner_(writer_below(fs::path(relay.mirror.value).parent_path())) {}

PairStep PullKeys::make_directory() const {
  if (const auto made = make_parent(fs::path(directory_).parent_path()); !made) return made;
  const auto failed = [this] { return std::unexpected(fault(directory_, error_text(errno), as_root)); };
  if (::mkdir(directory_.c_str(), 0700) != 0 && errno != EEXIST) return failed();
  const Descriptor opened(::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!opened.is_open() || ::fchmod(opened.get(), 0700) != 0) return failed();
  if (owner_ && ::fchown(opened.get(), owner_->uid, owner_->gids.front()) != 0) return failed();
  return {};
}

std::expected<bool, Diagnostic> PullKeys::make() const {
  if (const auto made = make_directory(); !made) return std::unexpected(made.error());
  const ActingAs owner(owner_);
  std::error_code error;
  if (fs::exists(key_file(), error)) return false;
  const auto made =
      output_of_program("ssh-keygen", {"-q", "-t", "ed25519", "-N", "", "-C", "shorthop", "-f", key_file()},
                        "check that the disk is not full");
  if (!made) return std::unexpected(made.error());
  return true;
}

std::expected<std::string, Diagnostic> PullKeys::public_key() const {
  const ActingAs owner(owner_);
  const auto text = SystemFiles().read(key_file() + ".pub");
  if (text) return std::string(trimmed(*text));
  return std::unexpected(fault(key_file() + ".pub", text.error().what,
                               "remove both keys with shorthop pair --undo, and make new ones with pair",
                               ErrorClass::missing));
}

std::string PullKeys::pinned() const {
  const ActingAs owner(owner_);
  const auto text = SystemFiles().read(known_hosts());
  return text ? fingerprint_of(*text) : std::string();
}

PairStep PullKeys::pin(const HostKey& key) const {
  const ActingAs owner(owner_);
  std::error_code error;
  const auto written = fs::exists(known_hosts(), error) ? replace_file(known_hosts(), key.known_hosts)
                                                        : create_file(known_hosts(), key.known_hosts);
  if (!written) return std::unexpected(fault(known_hosts(), written.error(), as_root));
  return {};
}

std::expected<bool, Diagnostic> PullKeys::remove() const {
  std::error_code error;
  if (!fs::exists(directory_, error)) return false;
  {
    const ActingAs owner(owner_);
    for (const std::string& file : {key_file(), key_file() + ".pub", known_hosts()}) {
      if (const auto removed = remove_file(file); !removed) {
        return std::unexpected(fault(file, removed.error(), as_root));
      }
    }
  }
  // A directory with other files in it stays: the parent may have the keys of other relays.
  const fs::path parent = fs::path(directory_).parent_path();
  if (::rmdir(directory_.c_str()) == 0 && parent.filename() == "pull") ::rmdir(parent.c_str());
  return true;
}

}  // namespace shorthop::tool
