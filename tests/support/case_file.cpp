#include "support/case_file.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>

namespace shorthop::test {
namespace {

[[noreturn]] void fail(const std::filesystem::path& file, std::size_t line, const std::string& what) {
  throw std::runtime_error(file.string() + ":" + std::to_string(line) + ": " + what);
}

std::vector<std::string> lines_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + file.string());
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

/// Parses a line "RCPT <ADDRESS> PARAMETER...". White space inside the angle brackets is part of the argument.
Expectation expectation_of(const std::string& line) {
  const std::size_t end = line.rfind('>');
  Expectation expectation;
  expectation.rcpt = line.substr(5, end - 4);
  expectation.parameters = words_of(line.substr(end + 1));
  return expectation;
}

void write(const std::filesystem::path& file, const std::string& text) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
}

/// Writes the tables of a case; returns the lines of the relay file that name them.
std::string lay_out_tables(const Case& a_case, const std::filesystem::path& directory) {
  write(directory / "virtual", a_case.virtual_table);
  write(directory / "aliases", a_case.aliases);
  if (a_case.aged) {
    const auto then = std::filesystem::file_time_type::clock::now() - std::chrono::hours(1);
    for (const char* table : {"virtual", "aliases"}) std::filesystem::last_write_time(directory / table, then);
  }
  std::filesystem::create_directories(directory / "forward");
  for (const auto& [name, text] : a_case.forwards) write(directory / "forward" / name, text);
  std::filesystem::create_directories(directory / "include");
  for (const auto& [name, text] : a_case.includes) write(directory / "include" / name.substr(1), text);
  std::string relay = "virtual-alias-maps = text:../virtual\nalias-maps = text:../aliases\n";
  if (a_case.profile != "flat") relay += "forward-files = ../forward/%u\ninclude-root = ../include\n";
  const auto is_given = [&](const std::string& key) {
    const auto is_key = [&](const std::string& line) { return line.starts_with(key); };
    return a_case.unset.contains(key) || std::ranges::any_of(a_case.settings, is_key);
  };
  if (!a_case.postconf.empty()) {
    write(directory / "postconf-n", a_case.postconf);
    return relay + "primary-postconf = ../postconf-n\n";
  }
  if (!is_given("recipient-delimiter")) relay += "recipient-delimiter = +\n";
  if (!is_given("primary-domains") && a_case.profile == "postfix") relay += "primary-domains = example.org\n";
  return relay;
}

/// The files that every mirror has unless a case changes them (tests/cases/README.md).
std::map<std::string, std::string> usual_mirror(const Case& a_case) {
  return {
      {"postconf",
       "compatibility_level = 3.6\n"
       "myhostname = mail.example.org\n"
       "mydomain = example.org\n"
       "myorigin = $mydomain\n"
       "mydestination = $myhostname, localhost.$mydomain, localhost, $mydomain\n"
       "recipient_delimiter = +\n"
       "alias_maps = hash:/etc/aliases\n"
       "alias_database = hash:/etc/aliases\n"
       "virtual_alias_maps = hash:/etc/postfix/virtual\n"},
      {"master",
       "smtp       inet  n  -  y  -  -  smtpd\n"
       "pickup     unix  n  -  y  1  1  pickup\n"
       "cleanup    unix  n  -  y  -  0  cleanup\n"
       "rewrite    unix  -  -  y  -  -  trivial-rewrite\n"
       "smtp       unix  -  -  y  -  -  smtp\n"
       "local      unix  -  n  n  -  -  local\n"},
      {"files/etc/aliases", a_case.aliases},
      {"files/etc/postfix/virtual", a_case.virtual_table},
      {"listed/unix:passwd.byname", "prim1\tprim1:x:1001:1001::/home/prim1:\nprim2\tprim2:x:1002:1002::/home/prim2:\n"},
      {"manifest", "enumerable = unix:passwd.byname\n"}};
}

/// Writes the mirror of a case; returns the line of the relay file that names it. The stamp is written last; AGED sets
/// its time to an hour ago.
std::string lay_out_mirror(const Case& a_case, const std::filesystem::path& directory) {
  const auto mirror = directory / "mirror";
  auto files = usual_mirror(a_case);
  for (const auto& [name, text] : a_case.mirror) files[name] += text;
  for (const auto& [name, text] : files) {
    if (!a_case.unset.contains(name)) write(mirror / name, text);
  }
  if (a_case.unset.contains("stamp")) return "mirror = ../mirror\n";
  write(mirror / "stamp", "");
  if (a_case.aged) {
    const auto then = std::filesystem::file_time_type::clock::now() - std::chrono::hours(1);
    std::filesystem::last_write_time(mirror / "stamp", then);
  }
  return "mirror = ../mirror\n";
}

class Reader {
 public:
  explicit Reader(std::filesystem::path file) : file_(std::move(file)) {}

  std::vector<Case> read() {
    begin();
    for (const std::string& line : lines_of(file_)) {
      ++number_;
      take(line);
    }
    finish();
    return std::move(cases_);
  }

 private:
  void begin() {
    case_ = {};
    case_.file = file_.filename().string();
    text_ = nullptr;
  }

  void finish() {
    if (case_.title.empty()) fail(file_, number_, "a case has no title");
    if (case_.expectations.empty()) fail(file_, number_, "a case expects nothing");
    if (case_.expectations.back().reason.empty()) fail(file_, number_, "RCPT without EXPECT");
    cases_.push_back(std::move(case_));
  }

  void take(const std::string& line) {
    if (line.starts_with("  ") && text_ != nullptr) {
      text_->append(line, 2).append(1, '\n');
    } else if (line.empty() && text_ != nullptr) {
      *text_ += '\n';
    } else if (line == "---") {
      finish();
      begin();
    } else if (line.starts_with('#')) {
      if (case_.title.empty()) case_.title = line.substr(std::min<std::size_t>(2, line.size()));
    } else if (!line.empty()) {
      take_keyword(line);
    }
  }

  void take_keyword(const std::string& line) {
    const auto words = words_of(line);
    const std::string name = words.size() > 1 ? words[1] : std::string();
    text_ = nullptr;
    if (line == "TABLE virtual") {
      text_ = &case_.virtual_table;
    } else if (line == "TABLE aliases") {
      text_ = &case_.aliases;
    } else if (words[0] == "FORWARD") {
      text_ = &case_.forwards.emplace_back(NamedText{name, {}}).text;
    } else if (words[0] == "INCLUDE") {
      text_ = &case_.includes.emplace_back(NamedText{name, {}}).text;
    } else if (words[0] == "MIRROR" && words.size() <= 2) {
      case_.has_mirror = true;
      if (!name.empty()) text_ = &case_.mirror.emplace_back(NamedText{name, {}}).text;
    } else if (line == "USERS") {
      case_.users.clear();
      text_ = &case_.users;
    } else if (line == "POSTCONF") {
      text_ = &case_.postconf;
    } else if (line == "AGED") {
      case_.aged = true;
    } else if (line == "CLIENT primary") {
      case_.from_primary = true;
    } else if (words[0] == "ROUTE" && words.size() == 3) {
      case_.mailer = words[1];
      case_.next_hop = words[2];
    } else if (words[0] == "PROFILE" && words.size() == 2) {
      case_.profile = name;
    } else if (words[0] == "SETTING") {
      case_.settings.push_back(line.substr(8));
    } else if (words[0] == "UNSET" && words.size() == 2) {
      case_.unset.insert(name);
    } else if (words[0] == "RCPT") {
      case_.expectations.push_back(expectation_of(line));
      case_.expectations.back().line = number_;
    } else if (words[0] == "EXPECT" && words.size() >= 3 && !case_.expectations.empty()) {
      Expectation& expectation = case_.expectations.back();
      expectation.decision = words[1];
      expectation.reason = words[2];
      expectation.to.assign(words.begin() + 3, words.end());
    } else {
      fail(file_, number_, "not a line of a case file: " + line);
    }
  }

  std::filesystem::path file_;
  std::size_t number_ = 0;
  Case case_;
  std::string* text_ = nullptr;
  std::vector<Case> cases_;
};

}  // namespace

std::vector<Case> read_cases(const std::filesystem::path& file) { return Reader(file).read(); }

std::vector<std::filesystem::path> case_files() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(SHORTHOP_SOURCE_DIR "/tests/cases")) {
    if (entry.path().extension() == ".case") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

std::filesystem::path lay_out(const Case& a_case, const std::filesystem::path& directory, const std::string& mode,
                              const std::string& main_settings) {
  const auto main_file = directory / "shorthop.conf";
  write(main_file,
        "postfix-config =\nlocal-domains = example.com mail.example.com localhost.example.com\n"
        "local-recipients = text:users\nsettle-time = 0s\n" +
            main_settings);
  write(directory / "users", a_case.users);
  const auto is_set = [&](const std::string& key) {
    return std::ranges::any_of(a_case.settings, [&](const std::string& line) { return line.starts_with(key); });
  };
  std::string relay = std::string(is_set("domains") ? "" : "domains = example.org\n") +
                      "primary = " + std::string(primary_address) + "\nprofile = " + a_case.profile +
                      "\nmode = " + mode + "\n";
  if (!is_set("arrives-here") && !a_case.unset.contains("arrives-here")) {
    relay += "arrives-here = example.com mail.example.com\n";
  }
  relay += a_case.has_mirror ? lay_out_mirror(a_case, directory) : lay_out_tables(a_case, directory);
  for (const std::string& line : a_case.settings) relay += line + "\n";
  write(directory / "relay.d" / "example.org.conf", relay);
  return main_file;
}

}  // namespace shorthop::test
