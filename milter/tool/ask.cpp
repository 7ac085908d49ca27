#include "tool/ask.h"

#include <fmt/core.h>
#include <sysexits.h>

#include "tool/control_client.h"
#include "tool/load_all.h"

namespace shorthop::tool {

int ask_and_print(const Invocation& invocation, std::string_view request, std::chrono::seconds reply_limit,
                  Streams& streams) {
  const auto settings = load_settings(invocation.config, streams);
  if (!settings) return settings.error();
  if (settings->control.empty()) {
    streams.errors.write(
        fmt::format("{}: error: there is no control socket (set control to unix:/PATH, and start "
                    "shorthopd anew)\n",
                    settings->file));
    return EX_CONFIG;
  }
  const auto reply = ask_daemon(settings->control, request, reply_limit);
  if (!reply) {
    streams.errors.write(fmt::format("shorthop: {}\n", reply.error()));
    return EX_TEMPFAIL;
  }
  (reply->exit_status == EX_OK ? streams.output : streams.errors).write(reply->text);
  return reply->exit_status;
}

}  // namespace shorthop::tool
