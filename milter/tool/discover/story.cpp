#include "tool/discover/story.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "text/ascii.h"
#include "tool/discover/message_path.h"
#include "tool/discover/print_report.h"

namespace shorthop::tool {
namespace {

std::string peer_text(const Peer& peer) {
  return one_line(peer.address.empty() ? peer.name : fmt::format("{}[{}]", peer.name, peer.address));
}

/// Whether the message had left for this client's site before this queue file began.
bool is_return(const MessagePath& path, std::size_t file) {
  if (is_this_host(path.file(file).client)) return false;
  return std::ranges::any_of(path.departures(), [&](DeliveryIndex left) {
    return left.file < file && is_same_site(path.file(file).client, path.delivery(left).relay);
  });
}

bool is_from_filter(const MessagePath& path, std::size_t file) {
  const auto& deliveries = path.file(file).deliveries;
  for (std::size_t at = 0; at < deliveries.size(); ++at) {
    if (path.is_from_filter({file, at})) return true;
  }
  return false;
}

/// How a queue file began.
enum class Entry : std::uint8_t { here, filter, back, client };

Entry entry_of(const MessagePath& path, std::size_t at) {
  if (is_from_filter(path, at)) return Entry::filter;
  if (!path.file(at).is_by_smtp) return Entry::here;
  return is_return(path, at) ? Entry::back : Entry::client;
}

std::string entry_text(const MessagePath& path, std::size_t at) {
  const std::string client = peer_text(path.file(at).client);
  switch (entry_of(path, at)) {
    case Entry::here: return "submitted or forwarded on this host";
    case Entry::filter: return client.empty() ? "back from a filter" : "back from a filter, " + client;
    case Entry::back: return "came back from " + client;
    case Entry::client: break;
  }
  return "came from " + client;
}

std::string_view name_of(Entry entry) {
  switch (entry) {
    case Entry::here: return "submitted";
    case Entry::filter: return "from_filter";
    case Entry::back: return "came_back";
    case Entry::client: break;
  }
  return "received";
}

void add_delivery(JsonObject& json, const Delivery& delivery) {
  json.text("to", delivery.to)
      .text("received_for", delivery.received)
      .text("relay", delivery.relay.name)
      .text("relay_address", delivery.relay.address)
      .text("time", rfc3339(delivery.time))
      .text("status", delivery.response);
}

void add_file(JsonObject& json, const MessagePath& path, std::size_t at) {
  const QueueFile& file = path.file(at);
  json.text("queue_id", file.queue_id)
      .text("arrived", rfc3339(file.arrived))
      .text("entry", name_of(entry_of(path, at)))
      .text("client", file.client.name)
      .text("client_address", file.client.address)
      .text("sender", file.sender);
  if (file.size == 0) {
    json.null("size");
  } else {
    json.number("size", file.size);
  }
  std::vector<std::string_view> verdicts;
  for (std::size_t verdict = 0; verdict < filter_verdict_count; ++verdict) {
    if (file.verdicts.test(verdict)) verdicts.push_back(filter_verdict_names[verdict]);
  }
  json.texts("shorthopd", file.decisions)
      .objects("deliveries", file.deliveries, add_delivery)
      .texts("verdicts", verdicts);
}

std::string delivery_text(const Delivery& delivery) {
  std::string text = fmt::format("      <{}>", one_line(delivery.to));
  if (delivery.received != delivery.to) text += fmt::format(" for <{}>", one_line(delivery.received));
  return text + fmt::format(", {}: {}\n", peer_text(delivery.relay), one_line(delivery.response));
}

std::string file_text(const MessagePath& path, std::size_t at) {
  const QueueFile& file = path.file(at);
  std::string text = fmt::format("  {}  {}: {}, from <{}>", rfc3339(file.arrived), one_line(file.queue_id),
                                 entry_text(path, at), one_line(file.sender));
  text += file.size == 0 ? "\n" : fmt::format(", {}\n", bytes_text(file.size));
  for (const std::string& decision : file.decisions) text += fmt::format("      shorthopd: {}\n", one_line(decision));
  for (const Delivery& delivery : file.deliveries) text += delivery_text(delivery);
  for (std::size_t verdict = 0; verdict < filter_verdict_count; ++verdict) {
    if (file.verdicts.test(verdict)) text += fmt::format("      verdict: {}\n", filter_verdict_names[verdict]);
  }
  return text;
}

std::string trip_text(const RoundTrip& trip) {
  return fmt::format("  round trip: {} -> {}, {} both ways, {}{}\n", one_line(trip.original),
                     one_line(joined(trip.finals)), bytes_text(trip.size), time_text(trip.time),
                     trip.is_alone ? "" : " (perhaps)");
}

/// Removes the brackets of a message-id, which may have both, one or none. Cuts it at the first space, as the log
/// parser does.
std::string_view without_brackets(std::string_view id) {
  id = id.substr(0, std::min(id.find_first_of(" \t"), max_message_id));
  if (id.starts_with('<')) id.remove_prefix(1);
  if (id.ends_with('>')) id.remove_suffix(1);
  return id;
}

}  // namespace

std::string story_of(const Message& message, const MessageTrips& trips) {
  const MessagePath path(message);
  std::string text = message.message_id.empty() ? "a message without a message-id" : one_line(message.message_id);
  text += "\n";
  for (std::size_t at = 0; at < path.files(); ++at) text += file_text(path, at);
  for (const RoundTrip& trip : trips.trips) text += trip_text(trip);
  if (trips.trips.empty()) text += "  no round trip\n";
  return text;
}

void add_story(JsonObject& json, const Message& message, const MessageTrips& trips) {
  const MessagePath path(message);
  std::vector<std::size_t> places(path.files());
  std::iota(places.begin(), places.end(), 0);
  json.text("message_id", message.message_id)
      .objects("queue_files", places, [&](JsonObject& part, std::size_t at) { add_file(part, path, at); })
      .objects("round_trips", trips.trips, add_trip);
}

bool is_called(const Message& message, std::string_view id) {
  if (id.empty()) return false;
  if (!message.message_id.empty() && without_brackets(message.message_id) == without_brackets(id)) return true;
  return std::ranges::find(message.files, id, &QueueFile::queue_id) != message.files.end();
}

std::vector<SeenRecipient> seen_recipients(const Message& message) {
  const MessagePath path(message);
  std::vector<SeenRecipient> seen;
  std::set<std::string> addresses;
  for (std::size_t at = 0; at < path.files(); ++at) {
    const QueueFile& file = path.file(at);
    if (!file.is_by_smtp || is_this_host(file.client) || is_from_filter(path, at) || is_return(path, at)) continue;
    for (const Delivery& delivery : file.deliveries) {
      if (addresses.insert(delivery.received).second) seen.push_back({delivery.received, file.sender, file.client});
    }
  }
  return seen;
}

}  // namespace shorthop::tool
