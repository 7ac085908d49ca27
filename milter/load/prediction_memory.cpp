#include "load/prediction_memory.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <vector>

#include "load/state_file.h"
#include "text/lines.h"
#include "text/number.h"

namespace shorthop {
namespace {

using Message = Predictions::Message;
using Recipient = Predictions::Recipient;
using Fields = std::vector<std::string_view>;

/// Appends a line. A field with a control character is written as an empty field. Addresses and queue IDs have none,
/// but a Message-ID comes from a client.
void append_line(std::string& text, std::initializer_list<std::string_view> fields) {
  std::string_view separator;
  for (const std::string_view field : fields) {
    const bool is_plain = std::ranges::all_of(field, [](unsigned char c) { return c >= 0x20 && c != 0x7f; });
    text.append(separator).append(is_plain ? field : std::string_view());
    separator = "\t";
  }
  text += '\n';
}

std::string_view state_of(const Recipient& recipient) {
  if (recipient.is_refuted) return "refuted";
  return recipient.is_confirmed ? "confirmed" : "waiting";
}

void append_message(std::string& text, const Message& message) {
  const auto since = std::chrono::duration_cast<std::chrono::seconds>(message.since.time_since_epoch()).count();
  append_line(text, {"message", message.sent.queue_id, message.sent.host, message.sent.message_id,
                     std::to_string(since), message.sent.has_others ? "others" : "alone"});
  for (const Recipient& recipient : message.recipients) {
    const Awaited& awaited = recipient.awaited;
    append_line(text, {"recipient", awaited.relay, awaited.recipient, awaited.orcpt, name_of(awaited.reason),
                       awaited.fingerprint, state_of(recipient)});
    for (const std::string& address : awaited.expected) append_line(text, {"expected", address});
    for (const std::string& address : recipient.arrived) append_line(text, {"arrived", address});
  }
  for (const auto& copy : message.unassigned) append_line(text, {"stranger", copy.recipient, copy.queue_id});
}

Fields fields_of(std::string_view line) {
  Fields fields;
  constexpr std::size_t max_fields = 8;
  while (fields.size() < max_fields) {
    const std::size_t tab = line.find('\t');
    fields.push_back(line.substr(0, tab));
    if (tab == line.npos) break;
    line.remove_prefix(tab + 1);
  }
  return fields;
}

std::optional<Reason> reason_named(std::string_view name) {
  const auto row = std::ranges::find(reason_rows, name, &ReasonRow::name);
  return row == reason_rows.end() ? std::nullopt : std::optional(row->reason);
}

/// Builds messages out of lines.
class Reader {
 public:
  Reader(Predictions& predictions, Refutations& refutations) : predictions_(predictions), refutations_(refutations) {}

  void take(const Fields& line) {
    if (line[0] == "message" && line.size() == 6) {
      begin_message(line);
    } else if (line[0] == "refutation" && line.size() == 6) {
      refutations_.insert({std::string(line[1]), std::string(line[2]), std::string(line[3]), std::string(line[4]),
                           std::string(line[5])});
    } else if (line[0] == "recipient" && line.size() == 7 && message_) {
      add_recipient(line);
    } else if (line[0] == "stranger" && line.size() == 3 && message_) {
      message_->unassigned.push_back({std::string(line[1]), std::string(line[2])});
    } else if (line.size() == 2 && message_ && !message_->recipients.empty()) {
      Recipient& recipient = message_->recipients.back();
      if (line[0] == "expected") recipient.awaited.expected.emplace_back(line[1]);
      if (line[0] == "arrived") recipient.arrived.emplace_back(line[1]);
    }
  }

  void finish() {
    if (message_ && !message_->recipients.empty()) predictions_.restore(std::move(*message_));
    message_.reset();
  }

 private:
  void begin_message(const Fields& line) {
    finish();
    const auto since = to_number<std::int64_t>(line[4]);
    // This program writes no time before 1970, and none that the clock cannot count in nanoseconds.
    constexpr std::int64_t latest = 9'000'000'000;  // in the year 2255
    if (!since || *since < 0 || *since > latest) return;
    message_.emplace();
    message_->sent = {std::string(line[1]), std::string(line[2]), std::string(line[3]), {}, line[5] != "alone"};
    message_->since = Predictions::Time(std::chrono::seconds(*since));
  }

  void add_recipient(const Fields& line) {
    const auto reason = reason_named(line[4]);
    if (!reason) return message_.reset();
    Recipient recipient;
    recipient.awaited = {std::string(line[1]), std::string(line[2]), std::string(line[3]), *reason, {},
                         std::string(line[5])};
    recipient.is_refuted = line[6] == "refuted";
    recipient.is_confirmed = line[6] == "confirmed";
    message_->recipients.push_back(std::move(recipient));
  }

  Predictions& predictions_;
  Refutations& refutations_;
  std::optional<Message> message_;
};

}  // namespace

std::string encoded_predictions(const Predictions& predictions, const Refutations& refutations) {
  std::string text;
  for (const Refutation& one : refutations.all()) {
    append_line(text, {"refutation", one.relay, one.recipient, one.expected, one.came_for, one.fingerprint});
  }
  for (const Message* message : predictions.all()) append_message(text, *message);
  return text;
}

void decode_predictions(std::string_view text, Predictions& predictions, Refutations& refutations) {
  Reader reader(predictions, refutations);
  for (const std::string_view line : lines_of(text)) reader.take(fields_of(line));
  reader.finish();
}

std::shared_ptr<const Refutations> remembered_refutations(const std::string& directory, const FileReader& files) {
  auto refutations = std::make_shared<Refutations>();
  Predictions ignored({});
  decode_predictions(remembered_text(directory, prediction_file, files), ignored, *refutations);
  return refutations;
}

}  // namespace shorthop
