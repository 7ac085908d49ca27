// The functions of the subcommands, in files or folders named after them (status and reload: ask.cpp; import and pull:
// mirror/). Rows: subcommands.cpp.
#pragma once

#include "tool/subcommand.h"

namespace shorthop::tool {

int resolve(const Invocation& invocation, Streams& streams);
int check(const Invocation& invocation, Streams& streams);
int setup(const Invocation& invocation, Streams& streams);
int status(const Invocation& invocation, Streams& streams);
int reload(const Invocation& invocation, Streams& streams);
int discover(const Invocation& invocation, Streams& streams);
int pair(const Invocation& invocation, Streams& streams);
int pull(const Invocation& invocation, Streams& streams);
int tables(const Invocation& invocation, Streams& streams);
int import_command(const Invocation& invocation, Streams& streams);
int graph(const Invocation& invocation, Streams& streams);
int trace(const Invocation& invocation, Streams& streams);
int config(const Invocation& invocation, Streams& streams);

}  // namespace shorthop::tool
