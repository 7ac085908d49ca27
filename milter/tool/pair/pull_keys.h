// The keys with which the bundles of a relay are pulled: this host's key, and the primary's host key. They are in the
// directory of the setting pull-keys and belong to the user who pulls, so root reads and writes them only with the
// rights of that user.
#pragma once

#include <optional>
#include <string>

#include "settings/settings.h"
#include "tool/accounts.h"
#include "tool/pair/programs.h"

namespace shorthop::tool {

struct HostKey {
  std::string known_hosts;  ///< sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT": one line
  std::string fingerprint;  ///< "SHA256:..."
};

/// "SHA256:..." as ssh-keygen prints it.
bool is_fingerprint(std::string_view text);

/// The host key of type ed25519 that sshd shows. It is not verified.
std::expected<HostKey, Diagnostic> scan_host_key(const SshAccount& account);

class PullKeys {
 public:
  explicit PullKeys(const RelaySettings& relay);

  std::string key_file() const { return directory_ + "/id_ed25519"; }
  const std::string& directory() const { return directory_; }

  /// Makes the directory and the key if they are missing; true if it made the key.
  std::expected<bool, Diagnostic> make() const;
  /// One line.
  std::expected<std::string, Diagnostic> public_key() const;
  /// The fingerprint of the pinned host key; empty: none.
  std::string pinned() const;
  PairStep pin(const HostKey& key) const;
  /// Removes the three files, then the directory and its parent "pull" if they are empty. True if the directory was
  /// there.
  std::expected<bool, Diagnostic> remove() const;

 private:
  std::string known_hosts() const { return directory_ + "/known_hosts"; }
  PairStep make_directory() const;

  std::string directory_;
  std::optional<Account> owner_;  ///< absent: whoever runs this
};

}  // namespace shorthop::tool
