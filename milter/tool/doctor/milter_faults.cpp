#include "tool/doctor/milter_faults.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "settings/setting_values.h"
#include "text/ascii.h"
#include "text/items.h"
#include "text/number.h"
#include "tool/printed_command.h"

namespace shorthop::tool {
namespace {

constexpr int current_protocol = 6;

/// The version in a value of milter_protocol; "no_header_reply" is ignored. nullopt if Postfix does not support it.
std::optional<int> protocol_in(std::string_view value) {
  constexpr std::array known = {2, 3, 4, current_protocol};  // postconf(5) milter_protocol
  std::optional<int> protocol;
  for (const std::string& word : list_items(value)) {
    if (word == "no_header_reply") continue;
    const auto number = to_number<int>(word);
    if (!number || protocol || std::ranges::find(known, *number) == known.end()) return std::nullopt;
    protocol = number;
  }
  return protocol;
}

/// A setting of one milter: its own, else the default for all milters.
struct MilterValue {
  std::string text;
  std::string_view parameter;  ///< the parameter that sets it; empty: the entry itself
};

MilterValue value_of(const MilterEntry& entry, std::string_view attribute, std::string_view parameter,
                     const PostfixFacts& postfix) {
  const std::string_view own = entry.attribute(attribute);
  if (!own.empty()) return {std::string(own), {}};
  return {std::string(postfix.value(parameter)), parameter};
}

MilterValue protocol_of(const MilterEntry& entry, const PostfixFacts& postfix) {
  return value_of(entry, "protocol", "milter_protocol", postfix);
}

void add_default_action(std::vector<MilterFault>& faults, const MilterEntry& ours, const NamedMilterList& list,
                        const PostfixFacts& postfix, const std::string& wanted) {
  const MilterValue action = value_of(ours, "default_action", "milter_default_action", postfix);
  if (action.text == "accept") return;
  faults.push_back(
      {"milter-default-action", action.parameter,
       fmt::format("the default_action of shorthop is {}{} (Postfix {})",
                   action.text.empty() ? "not known" : printable(action.text),
                   action.parameter.empty() ? "" : ", from milter_default_action", printable(postfix.version)),
       fmt::format("write {} in {}", wanted, list.where)});
}

void add_protocol(std::vector<MilterFault>& faults, const MilterEntry& ours, const PostfixFacts& postfix) {
  const MilterValue protocol = protocol_of(ours, postfix);
  if (protocol.text.empty() || protocol_in(protocol.text)) return;
  faults.push_back({"milter-protocol-unknown", protocol.parameter,
                    fmt::format("Postfix does not know the milter protocol {}", printable(protocol.text)),
                    protocol.parameter.empty() ? "remove protocol from the entry: 6 is the default"
                                               : "remove milter_protocol from main.cf: 6 is the default"});
}

void add_position(std::vector<MilterFault>& faults, const std::vector<MilterEntry>& entries,
                  const std::function<bool(const MilterEntry&)>& is_ours, const NamedMilterList& list,
                  const std::string& wanted) {
  if (std::ranges::count_if(entries, is_ours) > 1) {
    faults.push_back(
        {"milter-twice", {}, fmt::format("{} has shorthop more than once", list.where), "keep only the last one"});
  }
  if (!is_ours(entries.back())) {
    faults.push_back({"milter-not-last",
                      {},
                      fmt::format("{} has {} after shorthop", list.where, printable(entries.back().milter)),
                      fmt::format("write {} at the end of the list", wanted)});
  }
}

bool lacks_closing_brace(const MilterEntry& entry) {
  return std::ranges::count(entry.text, '{') > std::ranges::count(entry.text, '}');
}

/// Whether an entry uses the path that a UNIX socket has outside of a chroot.
bool names_outer_path(const MilterEntry& entry, const Endpoint& socket) {
  return leads_to(entry, socket, "/nonexistent");  // this queue directory has no files, so only the full path matches
}

}  // namespace

std::vector<MilterFault> milter_faults(const NamedMilterList& list, const PostfixFacts& postfix,
                                       const Settings& settings) {
  const std::string_view queue_directory = postfix.value("queue_directory");
  const auto is_ours = leads_to_shorthop(settings, queue_directory);
  const std::string wanted = milter_entry(settings, queue_directory);
  const auto entries = milter_entries(list.text);
  const auto ours = std::ranges::find_if(entries, is_ours);
  if (const auto open = std::ranges::find_if(entries, lacks_closing_brace); open != entries.end()) {
    return {{"milter-list-syntax",
             {},
             fmt::format("{} has no '}}' that ends {}", list.where, printable(open->text, 100)),
             "end that entry with '}', as postconf(5) smtpd_milters says"}};
  }
  if (ours == entries.end()) {
    const std::string command =
        list.is_of_main_cf ? fmt::format(" ({} does it)", command_for(settings.file, "setup --apply")) : std::string();
    return {{"milter-missing",
             {},
             fmt::format("shorthop is not in {}", list.where),
             fmt::format("write {} at the end of the list{}", wanted, command)}};
  }
  std::vector<MilterFault> faults;
  add_position(faults, entries, is_ours, list, wanted);
  if (ours->text.starts_with('{') && postfix.number() < first_with_milter_attributes) {
    faults.push_back({"milter-old-postfix",
                      {},
                      fmt::format("Postfix {} does not know {}", printable(postfix.version), printable(ours->text)),
                      fmt::format("write {} without braces, and milter_default_action = accept", ours->milter)});
    return faults;
  }
  add_default_action(faults, *ours, list, postfix, wanted);
  add_protocol(faults, *ours, postfix);
  return faults;
}

std::optional<MilterFault> chroot_fault(const MasterService& service, const PostfixFacts& postfix,
                                        const Settings& settings) {
  if (!settings.socket.is_unix() || service.command != "smtpd" || !is_chrooted(service, postfix.chroots_by_default())) {
    return std::nullopt;
  }
  const std::string queue_directory(postfix.value("queue_directory"));
  const Endpoint wanted = endpoint_for_postfix(settings.socket, queue_directory);
  const bool is_below = !wanted.path.starts_with('/');
  const auto entries = milter_entries(postfix.value_for(service, "smtpd_milters"));
  const auto ours = std::ranges::find_if(entries, leads_to_shorthop(settings, queue_directory));
  const bool is_named = ours != entries.end();
  if (is_below && !(is_named && names_outer_path(*ours, settings.socket))) return std::nullopt;
  if (!is_named && !is_public_smtpd(service)) return std::nullopt;
  return MilterFault{
      "socket-chroot",
      {},
      fmt::format("{} runs chrooted in {} and cannot reach {}", service.postconf_name(), queue_directory,
                  is_named ? ours->milter : settings.socket.text()),
      is_below ? fmt::format("in smtpd_milters write {}", wanted.postfix_text())
               : fmt::format("write socket = unix:{}/shorthop/milter.sock in {}", queue_directory, settings.file)};
}

std::optional<int> old_milter_protocol(const NamedMilterList& list, const PostfixFacts& postfix,
                                       const Settings& settings) {
  const auto entries = milter_entries(list.text);
  const auto ours = std::ranges::find_if(entries, leads_to_shorthop(settings, postfix.value("queue_directory")));
  if (ours == entries.end()) return std::nullopt;
  const auto protocol = protocol_in(protocol_of(*ours, postfix).text);
  return protocol && *protocol < current_protocol ? protocol : std::nullopt;
}

std::string milter_entry(const Settings& settings, std::string_view queue_directory) {
  return fmt::format("{{ {}, default_action=accept }}",
                     endpoint_for_postfix(settings.socket, queue_directory).postfix_text());
}

std::function<bool(const MilterEntry&)> leads_to_shorthop(const Settings& settings, std::string_view queue_directory) {
  return [socket = settings.socket, queue = std::string(queue_directory)](const MilterEntry& entry) {
    return leads_to(entry, socket, queue);
  };
}

bool asks_shorthop(const MasterService& smtpd, const PostfixFacts& postfix, const Settings& settings) {
  const auto options = list_items(postfix.value_for(smtpd, "receive_override_options"));
  return std::ranges::find(options, "no_milters") == options.end() &&
         std::ranges::any_of(milter_entries(postfix.value_for(smtpd, "smtpd_milters")),
                             leads_to_shorthop(settings, postfix.value("queue_directory")));
}

bool is_behind_filter(const MasterService& smtpd, const PostfixFacts& postfix) {
  return is_private_smtpd(smtpd) && postfix.value_for(smtpd, "content_filter").empty() &&
         postfix.value_for(smtpd, "smtpd_proxy_filter").empty();
}

bool is_asked_behind_filter(const PostfixFacts& postfix, const Settings& settings) {
  return std::ranges::any_of(postfix.services, [&](const MasterService& service) {
    return is_behind_filter(service, postfix) && asks_shorthop(service, postfix, settings);
  });
}

std::vector<std::string> milters_beside(const PostfixFacts& postfix, const Settings& settings,
                                        std::string_view main_list, const MilterMaps& maps) {
  Parameters parameters = postfix.values;
  parameters["smtpd_milters"] = main_list;
  for (const MasterService& service : postfix.services) {
    for (const auto& [name, value] : service.overrides) {
      parameters[fmt::format("{}/{}", service.postconf_name(), name)] = postfix.value_for(service, name);
    }
  }
  return shorthop::milters_beside(settings.socket, parameters, maps);
}

}  // namespace shorthop::tool
