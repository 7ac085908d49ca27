// shorthop reload: the running daemon reads settings and tables anew, or says why it stays with the old ones.
#include <string>

#include "control/control_protocol.h"
#include "tool/actions.h"
#include "tool/ask.h"

namespace shorthop::tool {

int reload(const Invocation& invocation, Streams& streams) {
  constexpr std::chrono::seconds limit{120};  // millions of entries, this host's postconf, a slow disk
  const auto relay = invocation.options.find("accept-shrink");
  const std::string request = relay == invocation.options.end()
                                  ? std::string(control::reload)
                                  : std::string(control::accept_shrink).append(relay->second);
  return ask_and_print(invocation, request, limit, streams);
}

}  // namespace shorthop::tool
