// shorthop reload: the running daemon reads settings and tables anew, or says why it stays with the old ones.
#include "load/control_protocol.h"
#include "tool/actions.h"
#include "tool/ask.h"

namespace shorthop::tool {

int reload(const Invocation& invocation, Streams& streams) {
  constexpr std::chrono::seconds limit{120};  // millions of entries, this host's postconf, a slow disk
  return ask_and_print(invocation, control::reload, limit, streams);
}

}  // namespace shorthop::tool
