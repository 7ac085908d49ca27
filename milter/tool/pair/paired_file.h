// The text that shorthop pair writes into relay.d/NAME.conf: a line with `pull` in an existing file, or a whole new
// file for a primary without one. Recognises this text later, for --undo. No I/O.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "settings/setting_values.h"

namespace shorthop::tool {

/// What pair makes on the primary (shorthop-export-setup).
inline constexpr std::string_view user_on_primary = "shorthop-export";
inline constexpr std::string_view setup_on_primary = "/usr/local/sbin/shorthop-export-setup";

/// The host, an IPv6 address in brackets.
std::string bracketed_host(const SshAccount& account);

/// "ssh://USER@HOST:PORT", as the setting pull takes it.
std::string text_of(const SshAccount& account);

/// The option of ssh(1) for a port other than 22, with a blank after it; empty for port 22.
std::string option_of_port(const SshAccount& account);

/// A new file in mode observe, without pull.
std::string new_relay_text(const std::vector<std::string>& domains, const std::string& primary,
                           const std::string& mirror);

/// Whether a text without pull comes from new_relay_text(), and at most mode and max-age were changed since.
bool is_new_relay_text(std::string_view text);

/// The text with the setting pull. `makes_mirror`: there is no mirror yet, so pair will make it, and --undo removes it.
std::string with_pull(std::string text, const SshAccount& account, bool makes_mirror);

struct WithoutPull {
  std::string text;
  bool has_changed = false;  ///< with_pull() had added something
  bool made_mirror = false;  ///< pair made the mirror
};

/// The text without the lines that with_pull() added.
WithoutPull without_pull(std::string_view text);

}  // namespace shorthop::tool
