// What happened to one message, as text: where it came from, where each recipient went, what came back. No I/O.
#pragma once

#include <string>

#include "text/json.h"
#include "tool/discover/round_trips.h"

namespace shorthop::tool {

/// Several lines. `message` must have been tracked with TrackerLimits::keep_all.
std::string story_of(const Message& message, const MessageTrips& trips);

/// Adds what happened to the message as fields of an object: "message_id", "queue_files", "round_trips".
void add_story(JsonObject& json, const Message& message, const MessageTrips& trips);

/// Whether the message has this message-id, with or without angle brackets, or a queue file with this queue ID.
bool is_called(const Message& message, std::string_view id);

/// A recipient that entered this host by SMTP from outside: what a milter saw.
struct SeenRecipient {
  std::string address;
  std::string sender;
  Peer client;
};
std::vector<SeenRecipient> seen_recipients(const Message& message);

}  // namespace shorthop::tool
