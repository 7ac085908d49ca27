// Parsers for the text of one setting, one for each kind of value; errors say what is wrong and how to fix it. No I/O.
// Not here: durations (duration_values.h), and which setting is of which kind (settings.cpp).
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "settings/value_error.h"
#include "system/endpoint.h"
#include "tables/table_name.h"

namespace shorthop {

/// The index of `text` in `words`.
ParsedValue<std::size_t> parse_word(std::string_view text, std::span<const std::string_view> words);

/// "unix:/path" (also "local:"), "inet:port@host", "inet6:port@host", as smfi_setconn(3) takes them; a relative path is
/// below `directory`.
ParsedValue<Endpoint> parse_socket(std::string_view text, const std::filesystem::path& directory);
/// A UNIX socket in the forms of parse_socket(). nullopt for "none" and for the empty text.
ParsedValue<std::optional<Endpoint>> parse_control(std::string_view text, const std::filesystem::path& directory);

/// A UNIX socket in the forms of parse_socket(), or a TCP socket on a loopback address: "inet:127.0.0.1:PORT" or
/// "inet:PORT@127.0.0.1". nullopt for "off" and for the empty text.
ParsedValue<std::optional<Endpoint>> parse_metrics(std::string_view text, const std::filesystem::path& directory);

/// Permission bits, "0660".
ParsedValue<std::uint32_t> parse_mode_bits(std::string_view text);

/// "20%", from 0 to 100. nullopt (no limit) for "none" and for the empty text.
ParsedValue<std::optional<unsigned>> parse_percent(std::string_view text);

/// A number from 1 to 100.
ParsedValue<std::size_t> parse_count(std::string_view text);

/// Mail domains in the form of to_a_labels(), each once.
ParsedValue<std::vector<std::string>> parse_domains(std::string_view text);
/// Mail domains, folded, each once, in the spelling given: Postfix takes a U-label and its A-label for two domains.
ParsedValue<std::vector<std::string>> parse_spelled_domains(std::string_view text);

/// Addresses, domains and patterns, in the form of address_pattern().
ParsedValue<std::vector<std::string>> parse_address_patterns(std::string_view text);

/// "type:name" each; relative paths are made absolute below `directory`.
ParsedValue<std::vector<TableName>> parse_tables(std::string_view text, const std::filesystem::path& directory);

/// Tables that name a server without a table file: tcp: and socketmap:.
ParsedValue<std::vector<TableName>> parse_srs_tables(std::string_view text);

/// A path, made absolute below `directory`; an empty text stays empty.
ParsedValue<std::string> parse_path(std::string_view text, const std::filesystem::path& directory);
/// As parse_path(), but "none" gives an empty path.
ParsedValue<std::string> parse_path_or_none(std::string_view text, const std::filesystem::path& directory);
/// A path that contains "%u" once, made absolute below `directory`; an empty text stays empty.
ParsedValue<std::string> parse_path_pattern(std::string_view text, const std::filesystem::path& directory);

/// A host name, "[host]", "host:port" or an IP address; returned as written.
ParsedValue<std::string> parse_host(std::string_view text);
/// An account on another host that ssh(1) logs in to.
struct SshAccount {
  std::string user;
  std::string host;  ///< a name, or an IP address without brackets
  unsigned port = 22;
};
/// "ssh://USER@HOST" or "ssh://USER@HOST:PORT".
ParsedValue<SshAccount> parse_ssh_account(std::string_view text);

/// "FROM -> TO": a host or a path as the primary names it, and as this host does.
struct Override {
  std::string from;
  std::string to;
  bool operator==(const Override&) const = default;
};

/// "FROM -> TO", several of them with commas between.
ParsedValue<std::vector<Override>> parse_overrides(std::string_view text);
/// Several hosts: bare (mail/host.h) and folded.
ParsedValue<std::vector<std::string>> parse_hosts(std::string_view text);

/// postconf(5) recipient_delimiter: a set of punctuation characters; empty: none.
ParsedValue<std::string> parse_delimiters(std::string_view text);

/// The name of a group; its existence is not checked here.
ParsedValue<std::string> parse_group(std::string_view text);

}  // namespace shorthop
