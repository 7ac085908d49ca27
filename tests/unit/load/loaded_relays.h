// Relays in a directory, and the loader that loads and watches them.
#pragma once

#include <utime.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "load/data_loader.h"
#include "session/decision.h"
#include "support/catch.h"
#include "support/load_sources.h"
#include "tables/types/backends.h"

namespace shorthop::test {

/// The relays "one" and "two", with the domains one.example and two.example.
class LoadedRelays {
 public:
  void load() {
    auto loaded = loader_.load(settings());
    REQUIRE(loaded);
    take(std::move(*loaded));
  }
  /// Whether anything changed.
  bool refresh() {
    auto loaded = loader_.refresh();
    if (loaded) take(std::move(*loaded));
    return loaded.has_value();
  }

  Settings settings() const {
    Diagnostics warnings;
    auto settings = read_settings(directory / "shorthop.conf", SystemFiles(), warnings);
    REQUIRE(settings);
    return std::move(*settings);
  }

  const Relay& relay(const std::string& name) const { return *snapshot->relay_by_domain.at(name + ".example"); }

  DataLoader& loader() { return loader_; }
  FixedSources& sources() { return sources_; }

  SettingsDirectory directory;
  std::shared_ptr<const Snapshot> snapshot;
  std::string said;

 protected:
  LoadedRelays() = default;
  ~LoadedRelays() = default;

  /// The reason, and the addresses that replace the recipient.
  std::string decision_about(std::string_view recipient) const {
    const Decision decision = decide(*Address::parse(recipient), {}, *snapshot, std::chrono::system_clock::now());
    std::string text(name_of(decision.reason));
    for (const Address& to : decision.to) text += " " + to.external();
    return text;
  }

 private:
  void take(LoadResult loaded) {
    snapshot = std::move(loaded.snapshot);
    said = directory.shown(text_of(loaded.diagnostics));
  }

  FixedSources sources_;
  DataLoader loader_{std::make_shared<SystemFiles>(), sources_.sources, std::make_shared<Backends>()};
};

/// Two relays with one table each, loaded by one loader.
class Disk : public LoadedRelays {
 public:
  explicit Disk(const std::string& main = "settle-time = 0s\n") {
    put("shorthop.conf",
        "postfix-config = none\nlocal-domains = example.com\nlocal-recipients = inline:{ user=x }\n" + main);
    for (const char* name : {"one", "two"}) {
      put(std::string("relay.d/") + name + ".conf",
          std::string("domains = ") + name + ".example\nprimary-domains = " + name +
              ".example\nprimary = 192.0.2.1\nalias-maps = text:../" + name + "\n");
      put(name, "user: user@example.com\n");
    }
  }

  void put(const std::string& name, const std::string& text) const {
    directory.put(name, text);
    // Each write gets a later time, in the past: two writes within one tick of the clock must differ.
    const utimbuf times{next_time_, next_time_};
    REQUIRE(utime((directory / name).c_str(), &times) == 0);
    ++next_time_;
  }

  std::filesystem::path operator/(const std::string& name) const { return directory / name; }
  std::string decided(std::string_view recipient) const { return decision_about(recipient); }

 private:
  mutable time_t next_time_ = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()) - 1000;
};

/// Two relays, each with the mirror of its primary, loaded by one loader.
class Mirrors : public LoadedRelays {
 public:
  explicit Mirrors(const std::string& relay = "", const std::string& main = "") {
    directory.put("shorthop.conf",
                  "postfix-config = none\nlocal-domains = example.com\nlocal-recipients = inline:{ user=x, ann=x }\n"
                  "mode = rewrite\n" +
                      main);
    for (const std::string name : {"one", "two"}) {
      directory.put("relay.d/" + name + ".conf", "domains = " + name + ".example\nprimary = 192.0.2.1\nmirror = ../" +
                                                     name + "\narrives-here = example.com\n" + relay);
      fill(name, name, "user");
      stamp(name);
    }
  }

  /// Writes the mirror of this relay to a directory: its alias "info" leads to this user.
  void fill(const std::string& place, const std::string& relay, const std::string& user) const {
    directory.put(place + "/postconf", "myhostname = mail." + relay + ".example\nmydestination = " + relay +
                                           ".example\nmyorigin = $mydestination\nalias_maps = hash:/etc/aliases\n"
                                           "compatibility_level = 3.6\nlocal_recipient_maps = $alias_maps\n");
    directory.put(place + "/master", "smtp inet n - y - - smtpd\ncleanup unix n - y - 0 cleanup\n");
    directory.put(place + "/files/etc/aliases", "info: " + user + "@example.com\n");
  }
  void stamp(const std::string& place) const {
    wait_a_tick();
    directory.put(place + "/stamp", "");
  }

  /// The decision about the alias "info" of a relay.
  std::string decided(const std::string& relay) const { return decision_about("info@" + relay + ".example"); }
};

/// The lines of aliases(5) for user0, user1 and so on.
inline std::string users(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "user" + std::to_string(i) + ": user@example.com\n";
  return text;
}

}  // namespace shorthop::test
