// shorthop status: prints the state of the running daemon.
#include "control/control_protocol.h"
#include "tool/actions.h"
#include "tool/ask.h"

namespace shorthop::tool {

int status(const Invocation& invocation, Streams& streams) {
  constexpr std::chrono::seconds limit{10};
  return ask_and_print(invocation, invocation.has("json") ? control::status_json : control::status, limit, streams);
}

}  // namespace shorthop::tool
