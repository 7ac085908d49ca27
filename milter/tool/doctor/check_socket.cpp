// The doctor on the socket: it must exist, accept connections, and be accessible to Postfix, also from a chroot.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "tool/doctor/checks.h"
#include "tool/doctor/milter_faults.h"

namespace shorthop::tool {
namespace {

using Kind = PathPart::Kind;

bool has_group(const Account& account, std::uint32_t gid) {
  return std::ranges::find(account.gids, gid) != account.gids.end();
}

bool allows(const PathPart& part, const Account& account, std::uint32_t bits) {
  if (account.uid == 0) return true;
  const char its_class = mode_class(part, account);
  const unsigned shift = its_class == 'u' ? 6 : its_class == 'g' ? 3 : 0;
  return ((part.mode >> shift) & bits) == bits;
}

/// The group of the user as which Postfix connects (postconf(5) mail_owner).
std::string group_of_postfix(const HostFacts& facts) {
  const bool is_known = facts.postfix_account && !facts.postfix_account->group.empty();
  return is_known ? facts.postfix_account->group : "postfix";
}

/// Postfix must be able to search every directory above the socket.
bool check_directories(const HostFacts& facts, Findings& findings) {
  if (!facts.postfix_account) return true;
  for (const PathPart& part : facts.socket) {
    if (part.kind != Kind::directory || allows(part, *facts.postfix_account, 01)) continue;
    findings.add(
        "socket-directory", {part.path, 0},
        fmt::format("user {} cannot enter this directory (mode {:04o})", facts.postfix_account->name, part.mode),
        fmt::format("chgrp {} {} and chmod g+x {}", group_of_postfix(facts), part.path, part.path));
    return false;
  }
  return true;
}

void check_mode(const PathPart& socket, const HostFacts& facts, Findings& findings) {
  if ((socket.mode & 02) != 0) {
    findings.add("socket-open", {socket.path, 0}, fmt::format("everybody may connect (mode {:04o})", socket.mode),
                 "set socket-mode = 0660, and restart shorthopd");
  }
  if (facts.postfix_account && !allows(socket, *facts.postfix_account, 06)) {
    findings.add(
        "socket-mode", {socket.path, 0},
        fmt::format("user {} cannot connect (mode {:04o}, group {})", facts.postfix_account->name, socket.mode,
                    socket.gid),
        fmt::format("set socket-mode = 0660 and socket-group = {}, and restart shorthopd", group_of_postfix(facts)));
  }
}

/// What to do if nothing listens at the socket. If the daemon runs, its socket was removed or replaced, or the setting
/// was changed without a restart; starting it would have no effect.
std::string fix_for_silence(const HostFacts& facts) {
  return facts.daemon_answers ? "restart shorthopd: it runs, but not at this socket" : "start shorthopd";
}

/// The setgid bit gives the socket the group of the directory. Directories above it belong to root.
void report_missing_directory(const HostFacts& facts, Findings& findings) {
  const std::string directory = std::filesystem::path(facts.settings->socket.path).parent_path();
  const std::string group = facts.postfix_account ? group_of_postfix(facts) : "shorthop";
  findings.add(
      "socket-directory-missing", {directory, 0}, "the directory of the socket is not there",
      fmt::format("install -d -o shorthop -g {} -m 2750 {}; then {}", group, directory, fix_for_silence(facts)));
}

void check_unix_socket(const HostFacts& facts, Findings& findings) {
  const PathPart& last = facts.socket.back();  // the socket, or the first part of its path that is not visible
  const bool is_socket_itself = last.path == facts.settings->socket.path;
  if (last.kind == Kind::hidden) {
    findings.add("not-seen", {last.path, 0}, "this user cannot look there", "run shorthop check as root");
  } else if (last.kind == Kind::missing && !is_socket_itself) {
    report_missing_directory(facts, findings);
  } else if (!check_directories(facts, findings)) {
    return;
  } else if (last.kind == Kind::missing) {
    findings.add("socket-missing", {last.path, 0}, "the socket is not there", fix_for_silence(facts));
  } else if (last.kind != Kind::socket) {
    findings.add("socket-no-socket", {last.path, 0}, "the file at this path is not a socket",
                 "remove it, and restart shorthopd");
  } else {
    check_mode(last, facts, findings);
    if (facts.connection == Connection::refused) {
      findings.add("socket-dead", {last.path, 0}, "no process listens at the socket", fix_for_silence(facts));
    }
  }
}

void check_inet_socket(const HostFacts& facts, Findings& findings) {
  const Endpoint& socket = facts.settings->socket;
  if (facts.connection == Connection::refused || facts.connection == Connection::failed) {
    findings.add("socket-dead", {facts.settings->file, 0}, fmt::format("no process listens at {}", socket.text()),
                 fix_for_silence(facts));
  }
  if (socket.listens_everywhere()) {
    findings.add("socket-open", {facts.settings->file, 0}, fmt::format("{} listens on all addresses", socket.text()),
                 fmt::format("write socket = {}, or a UNIX socket", socket.seen_by_clients().text()));
  }
}

/// Reports a chrooted smtpd(8) that cannot reach the socket.
void check_chroot(const HostFacts& facts, Findings& findings) {
  if (!facts.postfix) return;
  for (const MasterService& service : facts.postfix->facts.services) {
    auto fault = chroot_fault(service, facts.postfix->facts, *facts.settings);
    if (!fault) continue;
    findings.add(fault->code, place_of_service(*facts.postfix, service), std::move(fault->what), std::move(fault->fix));
  }
}

}  // namespace

char mode_class(const PathPart& part, const Account& account) {
  return part.uid == account.uid ? 'u' : has_group(account, part.gid) ? 'g' : 'o';
}

const PathPart* first_denied(const PathFacts& path, const Account& account, std::uint32_t bits) {
  for (const PathPart& part : path) {
    if (part.kind == Kind::missing || part.kind == Kind::hidden) return nullptr;
    const bool is_last = &part == &path.back();
    if (!allows(part, account, is_last ? bits : 01)) return &part;
  }
  return nullptr;
}

void check_socket(const HostFacts& facts, Findings& findings) {
  if (!facts.settings) return;
  if (facts.socket.empty()) {
    check_inet_socket(facts, findings);
  } else {
    check_unix_socket(facts, findings);
  }
  check_chroot(facts, findings);
}

}  // namespace shorthop::tool
