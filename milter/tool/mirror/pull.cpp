// shorthop pull: fetches the primary's bundle by ssh, and imports it.
#include <fcntl.h>
#include <fmt/format.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>

#include "load/mirror/pull_record.h"
#include "system/child_output.h"
#include "system/system_error.h"
#include "tool/accounts.h"
#include "tool/actions.h"
#include "tool/load_all.h"
#include "tool/mirror/bundle.h"
#include "tool/mirror/import.h"
#include "tool/mirror/mirrored_relay.h"
#include "tool/mirror/tar_layout.h"
#include "tool/printed_command.h"

namespace shorthop::tool {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::hours time_for_ssh{1};
/// The command for a plain account. An account with a forced command ignores it.
constexpr const char* command_on_primary = "cat /var/lib/shorthop-export/bundle.tar";

/// ssh(1) with no settings but these: it asks nothing, trusts only the pinned host key, and gives up if the host does
/// not answer.
std::vector<std::string> ssh_arguments(const SshAccount& account, const std::string& keys) {
  std::vector<std::string> words = {
      "-F", "/dev/null", "-T", "-p", std::to_string(account.port), "-l", account.user, "-i", keys + "/id_ed25519"};
  for (const std::string& option :
       {"UserKnownHostsFile=" + keys + "/known_hosts", std::string("GlobalKnownHostsFile=/dev/null"),
        std::string("StrictHostKeyChecking=yes"), std::string("BatchMode=yes"), std::string("IdentitiesOnly=yes"),
        std::string("ClearAllForwardings=yes"), std::string("ConnectTimeout=20"), std::string("ServerAliveInterval=15"),
        std::string("ServerAliveCountMax=4"), std::string("Compression=yes"), std::string("LogLevel=ERROR")}) {
    words.insert(words.end(), {"-o", option});
  }
  words.insert(words.end(), {"--", account.host, command_on_primary});
  return words;
}

/// The bundle of the primary; the error is a sentence.
std::expected<Descriptor, std::string> fetch(const RelaySettings& relay) {
  const std::string ssh = find_program("ssh");
  if (ssh.empty()) return std::unexpected("the program ssh is missing: install openssh-client");
  const std::string directory = fs::path(relay.mirror.value).parent_path().native();
  Descriptor file = nameless_file(fmt::format("{}/{}", directory, stored_bundle));
  if (!file.is_open()) return std::unexpected(directory + ": " + error_text(errno));
  const ChildLimits limits{time_for_ssh, std::min(TarLimits().bytes, room_in(directory))};
  const auto ran = child_output_to(file.get(), ssh, ssh_arguments(relay.pull->value, relay.pull_keys), limits);
  if (!ran) return std::unexpected(ran.error().what);
  if (::lseek(file.get(), 0, SEEK_SET) != 0) return std::unexpected(relay.mirror.value + ": " + error_text(errno));
  return file;
}

Diagnostic not_set(const Settings& settings, const RelaySettings& relay) {
  return {{relay.file, 0},
          "pull is not set",
          "run " + command_for(settings.file, pair_words(relay)),
          Severity::error,
          ErrorClass::settings};
}

Diagnostic not_fetched(const RelaySettings& relay, const std::string& what) {
  return {relay.pull->origin, what + "; the mirror is unchanged",
          fmt::format("look for the cause on the primary, or in the keys ({})", relay.pull_keys), Severity::error,
          ErrorClass::temporary};
}

/// `shorthop status` and `check` report a failed pull until a pull succeeds.
void record(const RelaySettings& relay, std::string failure, Streams& streams) {
  const PullRecord record{std::chrono::system_clock::now(), std::move(failure)};
  if (const auto written = record_pull(relay.mirror.value, record); !written) {
    streams.errors.write(fmt::format("shorthop: warning: {}\n", written.error()));
  }
}

}  // namespace

int pull(const Invocation& invocation, Streams& streams) {
  const auto relay = mirrored_relay(invocation, streams);
  if (!relay) return relay.error();
  if (!relay->relay.pull) return report({not_set(relay->settings, relay->relay)}, streams);
  const ActingAs writer(writer_below(fs::path(relay->relay.mirror.value).parent_path()));
  auto bundle = fetch(relay->relay);
  if (!bundle) {
    record(relay->relay, bundle.error(), streams);
    return report({not_fetched(relay->relay, bundle.error())}, streams);
  }
  const ImportOptions options{.is_json = invocation.has("json"),
                              .accepts_shrink = invocation.has("accept-shrink"),
                              .accepts_host = invocation.has("accept-host"),
                              .uses_dns = !invocation.has("no-dns"),
                              .skips_known = true};
  const int status = import_bundle(*relay, std::move(*bundle), relay->relay.pull->value.host, options, streams);
  record(relay->relay, status == EX_OK ? "" : fmt::format("the bundle was not imported (exit status {})", status),
         streams);
  return status;
}

}  // namespace shorthop::tool
