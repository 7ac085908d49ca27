// Doubles of what load/ asks: files as a map, a Postfix as a text, a DNS as a list; and a directory of settings.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "load/data_loader.h"
#include "load/host_addresses.h"
#include "load/own_addresses.h"
#include "load/postconf.h"
#include "support/temporary_directory.h"
#include "tables/diagnostic.h"
#include "tables/file_reader.h"

namespace shorthop::test {

class MapFiles final : public FileReader {
 public:
  using Texts = std::map<std::string, std::string>;
  explicit MapFiles(Texts texts = {}) : texts_(std::move(texts)) {}
  std::expected<std::string, ReadFailure> read(const std::filesystem::path& path) const override {
    const auto found = texts_.find(path.string());
    if (found != texts_.end()) return found->second;
    return std::unexpected(ReadFailure{ReadFailure::Kind::missing, "no such file"});
  }

 private:
  Texts texts_;
};

/// A Postfix that says this, or that fails this way.
class TextPostconf final : public Postconf {
 public:
  explicit TextPostconf(std::string text) : text_(std::move(text)) {}
  explicit TextPostconf(ChildFailure failure) : failure_(std::move(failure)) {}
  std::expected<Parameters, ChildFailure> ask(const std::string&) const override {
    ++asked;
    if (failure_) return std::unexpected(*failure_);
    return parse_parameters(text_);
  }
  mutable int asked = 0;

 private:
  std::string text_;
  std::optional<ChildFailure> failure_;
};

inline ChildFailure no_postconf() { return {ChildFailure::Kind::not_found, "there is no program postconf here"}; }

/// Every name has the address 192.0.2.10, but those that end in ".invalid"; a literal is its own.
class FixedAddresses final : public HostAddresses {
 public:
  std::vector<Answer> of(const std::vector<std::string>& names) const override {
    std::vector<Answer> answers;
    for (const std::string& name : names) {
      if (name.ends_with(".invalid")) {
        answers.emplace_back(std::unexpected(std::string("name or service not known")));
      } else {
        const bool is_literal = name.find_first_not_of("0123456789.") == name.npos || name.contains(':');
        answers.emplace_back(std::vector<std::string>{is_literal ? name : "192.0.2.10"});
      }
    }
    return answers;
  }
};

/// This host is the best MX of every domain, but of those that begin with "elsewhere."; the DNS is silent about those
/// that begin with "silent.".
class FixedExchangers final : public MailExchangers {
 public:
  std::vector<MxAnswer> of(const std::vector<std::string>& domains) const override {
    std::vector<MxAnswer> answers;
    for (const std::string& domain : domains) {
      asked.push_back(domain);
      if (domain.starts_with("silent.") && is_silent) {
        answers.emplace_back(std::unexpected(std::string("the DNS does not answer")));
      } else {
        answers.push_back(
            std::vector<MailExchanger>{{10, domain.starts_with("elsewhere.") ? "mx.example.net" : own_name()}});
      }
    }
    return answers;
  }
  mutable std::vector<std::string> asked;
  bool is_silent = true;
};

/// What a load asks besides files: a Postfix, if there is one, and fixed answers of the DNS.
struct FixedOutside {
  explicit FixedOutside(TextPostconf says = TextPostconf(ChildFailure{ChildFailure::Kind::not_found,
                                                                      "postconf not found"}))
      : postconf(std::move(says)) {}
  TextPostconf postconf;
  FixedAddresses addresses;
  FixedExchangers exchangers;
  Outside outside{postconf, addresses, exchangers};
};

inline std::string text_of(const Diagnostics& diagnostics) {
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics) text += diagnostic.text() + "\n";
  return text;
}

/// Whether the text can stand in a log: lines of printable ASCII.
inline bool is_printable(const std::string& text) {
  return std::ranges::all_of(text, [](char c) { return c == '\n' || (c >= ' ' && c < 0x7f); });
}

/// A directory with files in it. Its path stands as "DIR" in what is compared.
class SettingsDirectory {
 public:
  void put(const std::string& name, const std::string& text) const {
    const auto path = directory_.path() / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  std::filesystem::path operator/(const std::string& name) const { return directory_.path() / name; }
  std::string path() const { return directory_.path().string(); }
  std::string shown(std::string text) const {
    for (std::size_t at = 0; (at = text.find(path(), at)) != text.npos;) text.replace(at, path().size(), "DIR");
    return text;
  }

 private:
  TemporaryDirectory directory_;
};

}  // namespace shorthop::test
