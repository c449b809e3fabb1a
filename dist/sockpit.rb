# A formula for Homebrew, on Linux and macOS. Of a release tarball in this directory:
#   sha256 below is its sum, HOMEBREW_SOCKPIT_URL where it is (a file:// address will do); then
#   brew install --formula ./sockpit.rb
class Sockpit < Formula
  desc "Cockpit for sockets: open, serve, see and explain them"
  homepage "https://sockpit.example.org/"
  url ENV.fetch("HOMEBREW_SOCKPIT_URL", "https://sockpit.example.org/sockpit-1.0.0.tar.gz")
  sha256 ENV.fetch("HOMEBREW_SOCKPIT_SHA256", "0" * 64)
  license "GPL-3.0-or-later"

  depends_on "pkgconf" => :build
  depends_on "ncurses"
  depends_on "openssl@3"
  depends_on "readline"

  def install
    system "./configure", "--disable-silent-rules", *std_configure_args
    system "make", "install"
  end

  test do
    (testpath/"echo.sp").write <<~SCRIPT
      /listen 127.0.0.1 0 echo as server
      /open server
      hello
      /expect "hello\n"
    SCRIPT
    system bin/"sockpit", "-f", "echo.sp"
  end
end
