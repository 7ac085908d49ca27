#include "tool/discover/filter_verdict.h"

#include "tool/discover/log/log_fields.h"

namespace shorthop::tool {
namespace {

using Found = std::optional<MailEvent>;

Found judged_by_queue_id(std::string_view queue_id, FilterVerdict verdict) {
  if (!is_queue_id(queue_id)) return std::nullopt;
  return MailEvent{queue_id, Judged{verdict, {}, {}}};
}

/// `field` is the text before the message-id, which is taken with its brackets, as cleanup(8) logs it.
Found judged_by_message_id(std::string_view text, std::string_view field, FilterVerdict verdict) {
  const std::string_view message_id = word_behind(text, field, " ,");
  if (message_id.empty()) return std::nullopt;
  return MailEvent{{}, Judged{verdict, message_id, {}}};
}

/// spamd(1): "spamd: result: Y 12 - RULES scantime=1.2,size=2048,...,mid=<id>,...".
Found spamd_verdict(std::string_view text) {
  if (!text.contains("result: Y ")) return std::nullopt;
  return judged_by_message_id(text, ",mid=", FilterVerdict::spam);
}

/// rspamd: "id: <ID>, qid: <QUEUEID>, ip: ..., (default: T (reject): [16.00/15.00] [...]". T: spam.
Found rspamd_verdict(std::string_view text) {
  if (!text.contains("(default: T (")) return std::nullopt;
  return judged_by_queue_id(word_behind(text, "qid: <", ">"), FilterVerdict::spam);
}

/// amavisd: "(id) Blocked SPAM {...}, ..., Queue-ID: 4XyZ, Message-ID: <id>, ...".
Found amavis_verdict(std::string_view text) {
  if (!text.contains(" SPAM ") && !text.contains(" SPAMMY ")) return std::nullopt;
  const Found found = judged_by_queue_id(word_behind(text, "Queue-ID: ", ", "), FilterVerdict::spam);
  return found ? found : judged_by_message_id(text, "Message-ID: ", FilterVerdict::spam);
}

/// opendmarc(8): "QUEUEID: example.net fail", "QUEUEID: SPF(mailfrom): example.net fail".
Found opendmarc_verdict(std::string_view text) {
  if (!text.ends_with(" fail")) return std::nullopt;
  const std::string_view queue_id = text.substr(0, text.find(':'));
  return judged_by_queue_id(queue_id, text.contains(": SPF(") ? FilterVerdict::spf_fail : FilterVerdict::dmarc_fail);
}

/// opendkim(8): "QUEUEID: bad signature data".
Found opendkim_verdict(std::string_view text) {
  if (!text.contains(": bad signature data")) return std::nullopt;
  return judged_by_queue_id(text.substr(0, text.find(':')), FilterVerdict::dkim_fail);
}

/// policyd-spf: "... Received-SPF: Softfail (mailfrom) identity=mailfrom; client-ip=192.0.2.10; ..."; no queue ID yet.
Found policyd_spf_verdict(std::string_view text) {
  const std::string_view result = word_behind(text, "Received-SPF: ", " (");
  if (result != "Fail" && result != "Softfail") return std::nullopt;
  const std::string_view client = word_behind(text, "client-ip=", "; ");
  if (client.empty()) return std::nullopt;
  return MailEvent{{}, Judged{FilterVerdict::spf_fail, {}, {{}, client}}};
}

}  // namespace

std::optional<MailEvent> filter_verdict(const LogLine& line) {
  const std::string_view program = line.program;
  if (program == "spamd" || program.ends_with("/spamd")) return spamd_verdict(line.text);
  if (program.starts_with("rspamd")) return rspamd_verdict(line.text);
  if (program.starts_with("amavis") || program.ends_with("/amavisd")) return amavis_verdict(line.text);
  if (program == "opendmarc") return opendmarc_verdict(line.text);
  if (program == "opendkim") return opendkim_verdict(line.text);
  if (program.starts_with("policyd-spf") || program.ends_with("/policy-spf")) return policyd_spf_verdict(line.text);
  return std::nullopt;
}

}  // namespace shorthop::tool
