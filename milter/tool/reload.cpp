// shorthop reload: makes the running daemon read settings and tables again, or says why it keeps the old ones.
#include <string>

#include "control/control_protocol.h"
#include "tool/actions.h"
#include "tool/ask.h"

namespace shorthop::tool {

int reload(const Invocation& invocation, Streams& streams) {
  constexpr std::chrono::seconds limit{120};  // enough for millions of entries, this host's postconf, a slow disk
  const auto relay = invocation.options.find("accept-shrink");
  const std::string request = relay == invocation.options.end()
                                  ? std::string(control::reload)
                                  : std::string(control::accept_shrink).append(relay->second);
  return ask_and_print(invocation, request, limit, streams);
}

}  // namespace shorthop::tool
