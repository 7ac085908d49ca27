#include "tool/ask.h"

#include <fmt/core.h>
#include <sysexits.h>

#include "control/control_client.h"
#include "load/load.h"
#include "tool/control_socket.h"

namespace shorthop::tool {

int ask_and_print(const Invocation& invocation, std::string_view request, std::chrono::seconds max_reply_time,
                  Streams& streams) {
  const auto control = control_socket(invocation.config);
  if (!control) {
    streams.errors.write(control.error().text() + "\n");
    return exit_status({control.error()});
  }
  const auto reply = ask_daemon(*control, request, max_reply_time);
  if (!reply) {
    streams.errors.write(fmt::format("shorthop: {}\n", reply.error()));
    return EX_TEMPFAIL;
  }
  (reply->exit_status == EX_OK ? streams.output : streams.errors).write(reply->text);
  return reply->exit_status;
}

}  // namespace shorthop::tool
