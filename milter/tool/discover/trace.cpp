// shorthop trace: what happened to one message, from this host's log, and what shorthop decides about its recipients.
#include <fmt/core.h>
#include <sysexits.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <string>

#include "mail/rcpt.h"
#include "session/decision.h"
#include "session/explain.h"
#include "tool/actions.h"
#include "tool/discover/log/log_source.h"
#include "tool/discover/message_tracker.h"
#include "tool/discover/story.h"
#include "tool/load_all.h"

namespace shorthop::tool {
namespace {

/// Maximum number of messages with the same ID: Postfix reuses short queue IDs, and a program may repeat a message-id.
constexpr std::size_t max_stories = 1000;

/// Where mail is logged on Debian and on Fedora.
constexpr const char* usual_logs[] = {"/var/log/mail.log", "/var/log/maillog"};

/// The named logs, else the usual one of this host, else its journal.
LogChoice chosen_logs(const Invocation& invocation) {
  LogChoice choice{{invocation.arguments.begin() + 1, invocation.arguments.end()}, invocation.has("journal")};
  if (!choice.names.empty() || choice.journal) return choice;
  for (const char* name : usual_logs) {
    std::error_code ignored;
    if (std::filesystem::exists(name, ignored)) {
      choice.names.emplace_back(name);
      return choice;
    }
  }
  choice.journal = true;
  return choice;
}

/// The present decision, by the code of `shorthop resolve`, with client and sender from the log.
Decision replayed(const SeenRecipient& recipient, const Address& address, const Snapshot& snapshot) {
  Budget budget = running_budget(snapshot, std::chrono::steady_clock::now());
  const std::string sender = "<" + recipient.sender + ">";
  const RecipientFacts facts{.client_address = recipient.client.address,
                             .client_name = recipient.client.name,
                             .written = recipient.address,
                             .sender = sender};
  return decide(address, facts, snapshot, {std::chrono::system_clock::now(), Trace::on, budget});
}

/// Calls `use` with each recipient that a milter saw, and the decision about it.
void replay(const Message& message, const Snapshot* snapshot, const auto& use) {
  if (snapshot == nullptr) return;  // shorthop is not configured
  for (const SeenRecipient& recipient : seen_recipients(message)) {
    if (const auto address = parse_rcpt_path(recipient.address)) {
      use(address->external(), replayed(recipient, *address, *snapshot));
    } else {
      const Decision invalid{Verdict::keep, Reason::invalid_address, {}, {}, address.error().what};
      use(recipient.address, invalid);
    }
  }
}

/// The story with the decisions.
std::string story_text(const Message& message, const Snapshot* snapshot) {
  std::string text = story_of(message, find_round_trips(message, TrackerLimits{}.window, {}));
  replay(message, snapshot, [&](const std::string& recipient, const Decision& decision) {
    text += "now decided: " + explained(recipient, decision);
  });
  return text;
}

std::string story_json(const Message& message, const Snapshot* snapshot) {
  std::vector<std::pair<std::string, Decision>> decided;
  replay(message, snapshot, [&](std::string recipient, Decision decision) {
    decided.emplace_back(std::move(recipient), std::move(decision));
  });
  JsonObject json;
  add_story(json, message, find_round_trips(message, TrackerLimits{}.window, {}));
  json.objects("now_decided", decided,
               [](JsonObject& part, const auto& one) { add_explained(part, one.first, one.second); });
  return json.str();
}

}  // namespace

int trace(const Invocation& invocation, Streams& streams) {
  const std::string& id = invocation.arguments.front();
  LogSource logs(chosen_logs(invocation), streams);
  const auto loaded = load_if_configured(invocation.config, streams);
  const Snapshot* snapshot = loaded ? loaded->snapshot.get() : nullptr;
  std::multimap<LogTime, std::string> stories;  // in the order of arrival
  const auto write_story = invocation.has("json") ? story_json : story_text;
  TrackerLimits limits;
  limits.keep_all = true;
  limits.window *= 2;  // a prediction that stays open is logged after return-time, an hour by default
  MessageTracker tracker(limits, [&](const Message& message) {
    if (!is_called(message, id) || stories.size() >= max_stories) return;
    stories.emplace(message.files.front().arrived, write_story(message, snapshot));
  });
  const int status = logs.read([&](const LogLine& line) {
    if (const auto event = parse_mail_event(line)) tracker.add(line, *event);
  });
  tracker.finish();
  for (const auto& [arrived, story] : stories) streams.output.write(story + "\n");
  if (stories.empty()) {
    streams.errors.write(
        fmt::format("shorthop: no message {} in {} lines of Postfix (fix: name older logs too, or use the "
                    "message-id)\n",
                    id, logs.counts().of_postfix));
    return status == EX_OK ? 1 : status;
  }
  return status;
}

}  // namespace shorthop::tool
