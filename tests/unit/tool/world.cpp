#include "unit/tool/world.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <stdexcept>

#include "tool/program.h"

namespace shorthop::test {
namespace {

/// An unlinked temporary file, read back after it was written.
class Scratch {
 public:
  Scratch() : file_(std::tmpfile(), &std::fclose) {
    if (!file_) throw std::runtime_error("cannot make a temporary file");
  }
  int fd() const { return ::fileno(file_.get()); }
  void put(std::string_view text) const {
    if (::pwrite(fd(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
      throw std::runtime_error("cannot fill a temporary file");
    }
  }
  std::string text() const {
    std::string all;
    char piece[4096];
    for (ssize_t got = 0; (got = ::pread(fd(), piece, sizeof piece, static_cast<off_t>(all.size()))) > 0;) {
      all.append(piece, static_cast<std::size_t>(got));
    }
    return all;
  }

 private:
  std::unique_ptr<FILE, int (*)(FILE*)> file_;
};

/// Listens at this path, as a daemon that never answers.
int listener_at(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || ::listen(fd, 9) != 0) {
    throw std::runtime_error("cannot listen at " + path);
  }
  std::filesystem::permissions(path, std::filesystem::perms(0660));
  return fd;
}

}  // namespace

Ran run(const std::vector<std::string>& words, std::string_view input) {
  const Scratch given;
  const Scratch printed;
  const Scratch complained;
  given.put(input);
  tool::Output output(printed.fd());
  tool::Output errors(complained.fd());
  tool::Streams streams{given.fd(), output, errors};
  Ran ran;
  ran.status = tool::run_program(words, streams);
  ran.output = printed.text();
  ran.errors = complained.text();
  return ran;
}

World::World(const std::string& control) {
  std::string name = (std::filesystem::temp_directory_path() / "shorthop-tool-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a temporary directory: " + name);
  directory_ = name;
  write("shorthop.conf",
        "mode             = rewrite\n"
        "socket           = unix:milter.sock\n"
        "postfix-config   = none\n"
        "control          = " +
            control +
            "\n"
            "local-domains    = example.com mail.example.com\n"
            "local-recipients = text:local-recipients\n"
            "state            = none\n");
  write("relay.d/example.org.conf",
        "domains            = example.org\n"
        "primary            = 192.0.2.10\n"
        "arrives-here       = example.com\n"
        "virtual-alias-maps = text:../virtual\n"
        "alias-maps         = text:../aliases\n"
        "primary-postconf   = ../postconf-n\n");
  write("postconf-n",
        "alias_maps = hash:/etc/aliases\n"
        "mydestination = example.org\n"
        "myhostname = mail.example.org\n"
        "myorigin = example.org\n"
        "virtual_alias_maps = hash:/etc/postfix/virtual\n");
  write("virtual",
        "# the aliases of example.org\n"
        "user.lastname@example.org  user@example.org\n"
        "abroad@example.org         someone@example.net\n");
  write("aliases", "user: user@example.com\n");
  write("local-recipients", "user\n");
  listener_ = listener_at(file("milter.sock"));
}

World::~World() {
  ::close(listener_);
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

void World::write(const std::string& name, std::string_view text) const {
  const std::filesystem::path path = directory_ / name;
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

Ran World::tool(std::vector<std::string> words, std::string_view input) const {
  words.insert(words.end(), {"--config", config()});
  return run(words, input);
}

std::string World::with_short_paths(std::string text) const {
  const std::string directory = directory_.string();
  for (std::size_t at = 0; (at = text.find(directory, at)) != std::string::npos;) {
    text.replace(at, directory.size(), "/…");
  }
  return text;
}

}  // namespace shorthop::test
