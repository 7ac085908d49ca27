#include "tool/discover/message_tracker.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace shorthop::tool {
namespace {

// Longer texts are not addresses or names (RFC 5321, 4.5.3.1).
constexpr std::size_t max_address = 320;
constexpr std::size_t max_host_name = 255;
constexpr std::size_t max_response = 512;
constexpr std::size_t max_peers = 20'000;

std::uint64_t hash_of(std::string_view host, std::string_view id) {
  const std::hash<std::string_view> hash;
  // The odd constant separates (a, b) from (b, a); 0 means none.
  return std::max<std::uint64_t>(1, hash(id) ^ (hash(host) * 0x9e3779b97f4a7c15U));
}

std::string cut(std::string_view text, std::size_t limit) { return std::string(text.substr(0, limit)); }

Peer peer_of(const PeerText& text) { return {cut(text.name, max_host_name), cut(text.address, max_host_name)}; }

std::size_t bytes_of(const std::string& text) { return text.capacity() > 15 ? text.capacity() + 16 : 0; }

std::size_t bytes_of(const Delivery& delivery) {
  return sizeof delivery + bytes_of(delivery.to) + bytes_of(delivery.received) + bytes_of(delivery.relay.name) +
         bytes_of(delivery.relay.address) + bytes_of(delivery.response);
}

/// Bytes for the nodes of maps and lists that hold a queue file or a message.
constexpr std::size_t nodes = 200;

bool is_relayed(const Message& message) {
  return std::ranges::any_of(message.files, [](const QueueFile& file) {
    return std::ranges::any_of(file.deliveries, [](const Delivery& delivery) {
      return delivery.way == Way::smtp && !is_this_host(delivery.relay);
    });
  });
}

}  // namespace

MessageTracker::MessageTracker(TrackerLimits limits, std::function<void(const Message&)> complete)
    : limits_(limits), complete_(std::move(complete)) {}

void MessageTracker::add(const LogLine& line, const MailEvent& event) {
  complete_due(line.time);
  if (const auto* judged = std::get_if<Judged>(&event.what)) return judge(line, event, *judged);
  const Key key = hash_of(line.host, event.queue_id);
  auto at = open_.find(key);
  const bool is_new = std::holds_alternative<Received>(event.what) || std::holds_alternative<Submitted>(event.what);
  if (is_new && at != open_.end() && is_of_earlier_message(at->second, line.time)) {
    close(at);
    at = open_.end();
  }
  if (at == open_.end()) {
    if (const auto* decided = std::get_if<Decided>(&event.what)) return decide_late(key, *decided, event.queue_id);
    // Other events without a beginning are about a message from before the log.
    if (!is_new && !std::holds_alternative<Identified>(event.what)) return;
    at = begin(line, key, event.queue_id);
  }
  at->second.file.last = line.time;
  at->second.has_entry = at->second.has_entry || is_new;
  if (std::holds_alternative<Removed>(event.what)) {
    close(at);
  } else {
    apply(line, event, key, at->second);
  }
  shrink();
}

/// Whether an open queue file belongs to an earlier message than the one that begins now: Postfix reused a short queue
/// ID, and the line "removed" is missing. If the file has no beginning and no delivery, and is not older than
/// TrackerLimits::late, it belongs to the new message, whose lines are in the wrong order.
bool MessageTracker::is_of_earlier_message(const Open& open, LogTime now) const {
  return open.has_entry || !open.file.deliveries.empty() || now > open.file.arrived + limits_.late;
}

void MessageTracker::apply(const LogLine& line, const MailEvent& event, Key key, Open& open) {
  QueueFile& file = open.file;
  if (const auto* received = std::get_if<Received>(&event.what)) {
    file.is_by_smtp = true;
    file.client = peer_of(received->client);
    charge(open.charged, bytes_of(file.client.name) + bytes_of(file.client.address));
  } else if (const auto* identified = std::get_if<Identified>(&event.what)) {
    identify(line, key, open, identified->message_id);
  } else if (const auto* delivered = std::get_if<Delivered>(&event.what)) {
    deliver(line, *delivered, open);
  } else if (const auto* decided = std::get_if<Decided>(&event.what)) {
    decide(*decided, file, open.charged);
  } else if (const auto* queued = std::get_if<Queued>(&event.what); queued != nullptr && file.size == 0) {
    file.size = queued->size;  // logged again each time that a deferred message becomes active
    file.sender = cut(queued->sender, max_address);
    charge(open.charged, bytes_of(file.sender));
  }
}

MessageTracker::OpenFiles::iterator MessageTracker::begin(const LogLine& line, Key key, std::string_view queue_id) {
  const auto at = open_.try_emplace(key).first;
  at->second.file.queue_id = queue_id;
  at->second.file.arrived = line.time;
  at->second.position = open_by_age_.insert(open_by_age_.end(), key);
  charge(at->second.charged, sizeof(QueueFile) + nodes);
  at->second.file.sequence = ++counts_.queue_files;
  return at;
}

void MessageTracker::identify(const LogLine& line, Key key, Open& open, std::string_view message_id) {
  if (message_id.empty() || open.message != 0) return;
  open.message = hash_of(line.host, message_id);
  const auto [at, is_new] = held_.try_emplace(open.message);
  Held& held = at->second;
  if (is_new) {
    held.message.host = cut(line.host, max_host_name);
    held.message.message_id = cut(message_id, max_message_id);
    charge(held.charged, sizeof(Message) + nodes + bytes_of(held.message.host) + bytes_of(held.message.message_id));
  }
  if (held.list != nullptr) held.list->erase(held.position);
  held.list = nullptr;
  held.latest = key;
  ++held.open;
}

void MessageTracker::deliver(const LogLine& line, const Delivered& event, Open& open) {
  if (event.status == Status::bounced) open.file.has_bounced = true;
  if (!limits_.keep_all && event.status != Status::sent) return;
  if (open.file.deliveries.size() >= max_deliveries) {
    if (!open.is_cut) ++counts_.cut_short;
    open.is_cut = true;
    return;
  }
  Delivery delivery;
  delivery.to = cut(event.to, max_address);
  delivery.received = cut(event.orig_to.empty() ? event.to : event.orig_to, max_address);
  delivery.relay = peer_of(event.relay);
  delivery.way = event.way;
  delivery.status = event.status;
  delivery.time = line.time;
  delivery.delay = event.delay;
  delivery.transaction = std::hash<std::string_view>()(event.response);
  if (limits_.keep_all) delivery.response = cut(event.response, max_response);
  charge(open.charged, bytes_of(delivery));
  open.file.deliveries.push_back(std::move(delivery));
}

void MessageTracker::decide(const Decided& event, QueueFile& file, std::size_t& charged) {
  if (!limits_.keep_all || file.decisions.size() >= max_deliveries) return;
  file.decisions.push_back(cut(event.text, max_response));
  charge(charged, sizeof(std::string) + bytes_of(file.decisions.back()));
}

/// Adds the result of a prediction, which is logged after the queue file is gone.
void MessageTracker::decide_late(Key key, const Decided& event, std::string_view queue_id) {
  const auto closed = closed_.find(key);
  const auto held = closed == closed_.end() ? held_.end() : held_.find(closed->second);
  if (held == held_.end()) return;
  const auto file = std::ranges::find(held->second.message.files, queue_id, &QueueFile::queue_id);
  if (file != held->second.message.files.end()) decide(event, *file, held->second.charged);
}

void MessageTracker::judge(const LogLine& line, const MailEvent& event, const Judged& judged) {
  const auto verdict = static_cast<std::size_t>(judged.verdict);
  Key key = event.queue_id.empty() ? 0 : hash_of(line.host, event.queue_id);
  if (!judged.message_id.empty()) {
    const auto held = held_.find(hash_of(line.host, judged.message_id));
    if (held != held_.end()) key = held->second.latest;
  }
  if (const auto at = open_.find(key); at != open_.end()) {
    at->second.file.verdicts.set(verdict);
    return;
  }
  if (judged.client.address.empty()) return;
  const std::string address = cut(judged.client.address, max_host_name);
  if (peer_verdicts_.size() >= max_peers && !peer_verdicts_.contains(address)) return;
  peer_verdicts_[address][verdict] += line.repeats;
}

/// The queue file is gone: it becomes part of its message.
void MessageTracker::close(OpenFiles::iterator at) {
  Open& open = at->second;
  open_by_age_.erase(open.position);
  const auto found = held_.find(open.message);
  if (found == held_.end()) {
    ++counts_.without_message_id;
    bytes_ -= open.charged;
    const Message alone{{}, {}, {std::move(open.file)}};
    if (limits_.keep_all || is_relayed(alone)) complete_(alone);  // relayed, but its return cannot be recognised
  } else {
    Held& held = found->second;
    const LogTime last = open.file.last;
    held.charged += open.charged;
    if (held.message.files.size() < max_files) {
      if (limits_.keep_all) closed_[at->first] = open.message;
      held.message.files.push_back(std::move(open.file));
    } else {
      ++counts_.cut_short;
    }
    if (--held.open == 0) schedule_completion(found->first, held, last);
  }
  open_.erase(at);
}

void MessageTracker::schedule_completion(Key key, Held& held, LogTime last) {
  const bool relayed = is_relayed(held.message);
  held.complete_at = last + (relayed ? limits_.window : limits_.late);
  held.list = relayed ? &relayed_ : &others_;
  held.position = held.list->insert(held.list->end(), key);
}

void MessageTracker::complete(HeldMessages::iterator at) {
  Held held = std::move(at->second);
  bytes_ -= held.charged;
  held.list->erase(held.position);
  held_.erase(at);
  if (limits_.keep_all) {
    for (const QueueFile& file : held.message.files) closed_.erase(hash_of(held.message.host, file.queue_id));
  }
  complete_(held.message);
}

void MessageTracker::complete_due(LogTime now) {
  for (std::list<Key>* list : {&others_, &relayed_}) {
    while (!list->empty()) {
      const auto at = held_.find(list->front());
      if (at->second.complete_at > now) break;
      complete(at);
    }
  }
}

void MessageTracker::charge(std::size_t& charged, std::size_t more) {
  charged += more;
  bytes_ += more;
}

/// Completes the oldest messages until the rest is within the limits, first those for which no line is expected.
void MessageTracker::shrink() {
  while (open_.size() + held_.size() > limits_.messages || bytes_ > limits_.bytes) {
    ++counts_.cut_short;
    if (!others_.empty()) {
      complete(held_.find(others_.front()));
    } else if (!relayed_.empty()) {
      complete(held_.find(relayed_.front()));
    } else if (!open_.empty()) {
      close(open_.find(open_by_age_.front()));
    } else {
      return;
    }
  }
}

void MessageTracker::finish() {
  while (!open_.empty()) close(open_.find(open_by_age_.front()));
  for (std::list<Key>* list : {&others_, &relayed_}) {
    while (!list->empty()) complete(held_.find(list->front()));
  }
}

}  // namespace shorthop::tool
