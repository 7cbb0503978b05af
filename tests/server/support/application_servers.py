# SPDX-License-Identifier: Apache-2.0
"""Real application servers behind httpd: php-fpm, uWSGI, Tomcat, and the applications that they run.

Each application answers with a line NAME=VALUE for everything that it was told. The servers lie in the
folder of a test's httpd and end with it.
"""

import glob
import os
import socket
import subprocess

import document_blocks
import httpd

WSGI = """
def application(environ, start_response):
    told = "".join(f"{name}={value}\\n" for name, value in environ.items() if isinstance(value, str))
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(told)))])
    return [told.encode("latin-1")]
"""

PHP = """<?php
header('Content-Type: text/plain');
foreach (getenv() as $name => $value) echo "getenv $name=$value\\n";
foreach ($_SERVER as $name => $value) if (is_scalar($value)) echo "$name=$value\\n";
"""

JSP = """<%@ page contentType="text/plain; charset=utf-8" import="java.util.Collections"
%>getRemoteUser()=<%= request.getRemoteUser() %>
getAuthType()=<%= request.getAuthType() %>
<% for (String name : Collections.list(request.getHeaderNames()))
       for (String value : Collections.list(request.getHeaders(name))) out.println("field " + name + "=" + value);
   for (String name : Collections.list(request.getAttributeNames()))
       out.println("attribute " + name + "=" + request.getAttribute(name)); %>
"""
WEB_XML = """<web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="6.0">
  <servlet><servlet-name>told</servlet-name><jsp-file>/told.jsp</jsp-file></servlet>
  <servlet-mapping><servlet-name>told</servlet-name><url-pattern>/*</url-pattern></servlet-mapping>
</web-app>
"""
SERVER_XML = """<Server port="-1"><Service name="Catalina">
{connectors}
<Engine name="Catalina" defaultHost="localhost">
  <Host name="localhost" appBase="webapps" autoDeploy="false" deployOnStartup="false">
    <Context path="" docBase="{folder}/application"><JarScanner scanClassPath="false"/></Context>
  </Host>
</Engine></Service></Server>
"""
JARS = ("catalina coyote juli util util-scan api servlet-api jsp-api el-api jasper jasper-el annotations-api jaspic-api "
        "jni").split()
JAVA = ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData"]
# In Debian 13 the compiler's main class has a file of its own.
COMPILER = "/usr/share/java/eclipse-jdt-core.jar:/usr/share/java/eclipse-jdt-core-compiler-batch.jar"
COMPILE = [*JAVA, "-cp", COMPILER, "org.eclipse.jdt.internal.compiler.batch.Main"]

POOL = """[global]
error_log = {folder}/log
[www]
{user}
listen = {folder}/socket
listen.mode = 0666
pm = static
pm.max_children = 2
"""


def accepts(address):
    """Whether somebody listens there: the path of a socket or a port."""
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family) as probe:
        return probe.connect_ex(address if isinstance(address, str) else ("127.0.0.1", address)) == 0


def newest(pattern):
    found = sorted(glob.glob(pattern))
    assert found, f"there is no {pattern}"
    return found[-1]


class ApplicationServer:
    """A program in a folder of the test's httpd, which writes to a log that is searched for secrets like httpd's."""

    def __init__(self, server, name):
        self.server = server
        self.name = name
        self.folder = server.folder(name, for_children=True)
        self.process = None

    def run(self, command, *addresses):
        """Starts it and waits until it listens at all these addresses."""
        with open(self.server.path("logs", self.name), "wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=self.folder)
        self.server.cleanups.append(self.close)
        ready = httpd.wait_until(lambda: all(map(accepts, addresses)) or self.process.poll() is not None)
        assert ready and self.process.poll() is None, self.server.log(self.name)

    def close(self):
        self.process.terminate()
        self.process.wait(httpd.PATIENCE)


class PhpFpm(ApplicationServer):
    """Debian's php-fpm, for all .php files below htdocs."""

    def __init__(self, server):
        super().__init__(server, "php-fpm")
        self.program = newest("/usr/sbin/php-fpm[0-9]*")
        self.socket = os.path.join(self.folder, "socket")
        user = f"user = {httpd.CHILD_USER}\ngroup = {httpd.CHILD_GROUP}" if httpd.AS_ROOT else ""
        conf = server.write("php-fpm/pool.conf", POOL.format(folder=self.folder, user=user))
        self.run([self.program, "--nodaemonize", "-n", "--fpm-config", conf], self.socket)

    def debian_conf(self):
        """The file that Debian's package brings for httpd, with this socket in it."""
        version = os.path.basename(self.program).removeprefix("php-fpm")
        with open(f"/etc/apache2/conf-available/php{version}-fpm.conf", encoding="utf-8") as file:
            return document_blocks.fit(file.read(), {f"/run/php/php{version}-fpm.sock": self.socket})


class Uwsgi(ApplicationServer):
    """uWSGI, which gives one WSGI application to every protocol that it speaks."""

    def __init__(self, server):
        super().__init__(server, "uwsgi")
        application = server.write("uwsgi/told.py", WSGI)
        self.http, self.uwsgi, self.scgi = ports = [httpd.free_port() for _ in range(3)]
        user = ["--uid", httpd.CHILD_USER, "--gid", httpd.CHILD_GROUP] if httpd.AS_ROOT else []
        sockets = [f"--{name}-socket=127.0.0.1:{port}" for name, port in zip(("http", "uwsgi", "scgi"), ports)]
        self.run(["uwsgi-core", "--plugin", "python3", "--wsgi-file", application, "--die-on-term", "--need-app",
                  *user, *sockets], *ports)


class Tomcat(ApplicationServer):
    """Tomcat with two AJP connectors: `ajp` as the recipe has it, `own` with Tomcat's own authentication."""

    def __init__(self, server, connector):
        super().__init__(server, "tomcat")
        self.ajp, self.own = httpd.free_port(), httpd.free_port()
        own = document_blocks.fit(connector, {"8009": self.own, ' tomcatAuthentication="false"': ""})
        connectors = document_blocks.fit(connector, {"8009": self.ajp}) + own
        server.write("tomcat/conf/server.xml", SERVER_XML.format(connectors=connectors, folder=self.folder))
        server.write("tomcat/application/WEB-INF/web.xml", WEB_XML)
        server.write("tomcat/application/told.jsp", JSP)
        classes = ":".join([*(f"/usr/share/java/tomcat10-{name}.jar" for name in JARS), COMPILER])
        self.run([*JAVA, "-cp", classes, f"-Dcatalina.base={self.folder}", f"-Dcatalina.home={self.folder}",
                  "org.apache.catalina.startup.Bootstrap", "start"], self.ajp, self.own)
