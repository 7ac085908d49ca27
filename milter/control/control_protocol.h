// The protocol between `shorthop` and the running `shorthopd` on the control socket.
// Not here: the server (control_server.h), the client (control_client.h).
//
// Each connection, on a UNIX stream socket, has one request: one of the lines below. The answer is any number of lines
// of text, and a last line "exit N" with the exit status (sysexits.h) for the client program. Then the daemon closes
// the connection. An answer without that last line was truncated and must be discarded.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace shorthop::control {

inline constexpr std::string_view reload = "reload";  ///< exit 0: all new data is in force; else the text says why not
/// Followed by the name of a relay. The answer has the form of the answer to `reload`.
inline constexpr std::string_view accept_shrink = "reload accept-shrink ";
inline constexpr std::string_view status = "status";            ///< text for people
inline constexpr std::string_view status_json = "status json";  ///< one JSON object in one line
/// The data in force: one line for each relay, with three fields separated by tabs. They are the name, the time of the
/// data (nanoseconds since 1970), and why newer data is not used or why this data is not acted on. The last field is
/// empty if the data is the newest and is acted on.
inline constexpr std::string_view generations = "generations";
inline constexpr std::string_view settings = "settings";  ///< one line: the fingerprint of the settings in force
/// One line: why the daemon could not write to the directory of the setting `state`. No line: it could.
inline constexpr std::string_view state_failure = "state";
inline constexpr std::string_view metrics = "metrics";  ///< Prometheus' text format; exit 69: built without metrics
/// The results of predictions: one line for each relay, with seven fields separated by tabs. They are the name, the
/// numbers of recipients that were confirmed, refuted, open and missed, the number of recipients that are kept as
/// refuted, and the number that were confirmed since the last one was refuted.
inline constexpr std::string_view predictions = "predictions";
inline constexpr std::size_t max_request = 256;  ///< bytes, the line end included

struct Answer {
  std::string text;  ///< whole lines, or empty
  int exit_status = 0;
};

/// The form sent over the socket.
inline std::string encoded(const Answer& answer) {
  return answer.text + "exit " + std::to_string(answer.exit_status) + "\n";
}

/// Parses that form; nullopt if the last line is missing or is not "exit N" (the daemon died, or another program
/// answered).
inline std::optional<Answer> decoded(std::string_view received) {
  if (!received.ends_with('\n')) return std::nullopt;
  received.remove_suffix(1);
  const auto end_of_text = received.rfind('\n') + 1;  // npos + 1 is 0: the last line is the only one
  std::string_view last = received.substr(end_of_text);
  if (!last.starts_with("exit ")) return std::nullopt;
  last.remove_prefix(5);
  if (last.empty() || last.size() > 3 || last.find_first_not_of("0123456789") != last.npos) return std::nullopt;
  const int exit_status = std::stoi(std::string(last));
  if (exit_status > 255) return std::nullopt;  // not a possible exit status
  return Answer{std::string(received.substr(0, end_of_text)), exit_status};
}

}  // namespace shorthop::control
