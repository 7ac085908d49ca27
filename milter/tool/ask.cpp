// shorthop status and shorthop reload: find the daemon's control socket in the settings, ask, print the answer.
#include <fmt/core.h>
#include <sysexits.h>

#include <chrono>
#include <string>
#include <string_view>

#include "control/control_client.h"
#include "control/control_protocol.h"
#include "tool/actions.h"
#include "tool/daemon_state.h"

namespace shorthop::tool {
namespace {

/// Returns the daemon's exit status, or 75 if it does not answer.
int ask_and_print(const Invocation& invocation, std::string_view request, std::chrono::seconds max_reply_time,
                  Streams& streams) {
  const auto control = control_socket(invocation.config);
  if (!control) {
    streams.errors.write(control.error().text() + "\n");
    return exit_status({control.error()});
  }
  const auto reply = ask_daemon(*control, request, max_reply_time);
  if (!reply) {
    streams.errors.write(fmt::format("shorthop: {}\n", reply.error().text()));
    return EX_TEMPFAIL;
  }
  (reply->exit_status == EX_OK ? streams.output : streams.errors).write(reply->text);
  return reply->exit_status;
}

}  // namespace

int status(const Invocation& invocation, Streams& streams) {
  constexpr std::chrono::seconds limit{10};
  std::string_view request = control::status;
  if (invocation.has("json")) request = control::status_json;
  if (invocation.has("prometheus")) request = control::metrics;
  return ask_and_print(invocation, request, limit, streams);
}

int reload(const Invocation& invocation, Streams& streams) {
  constexpr std::chrono::seconds limit{120};  // enough for millions of entries, this host's postconf, a slow disk
  const std::string* relay = invocation.value("accept-shrink");
  const std::string request =
      relay == nullptr ? std::string(control::reload) : std::string(control::accept_shrink).append(*relay);
  return ask_and_print(invocation, request, limit, streams);
}

}  // namespace shorthop::tool
