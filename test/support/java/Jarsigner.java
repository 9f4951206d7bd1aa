import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.security.Permission;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs the JDK's own jarsigner once for each line of its input: its arguments, with tabs between them. The answer is a line with
 * its exit status and the number of bytes that it printed, and these bytes. One start of Java serves all.
 */
@SuppressWarnings("removal")
public class Jarsigner {
  /** What jarsigner ends with. An Error, because it catches exceptions. */
  static class Exit extends Error {
    final int status;

    Exit(int status) {
      this.status = status;
    }
  }

  public static void main(String[] args) throws Exception {
    PrintStream answers = System.out;
    boolean staysAlive = catchExits();
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      ByteArrayOutputStream printed = new ByteArrayOutputStream();
      String[] arguments = line.split("\t");
      int status = staysAlive ? runHere(arguments, printed) : runAlone(arguments, printed);
      answers.println(status + " " + printed.size());
      answers.write(printed.toByteArray());
      answers.flush();
    }
  }

  /** Java from 18 on has no way, unless it is told at its start. */
  static boolean catchExits() {
    try {
      System.setSecurityManager(
          new SecurityManager() {
            @Override
            public void checkPermission(Permission permission) {}

            @Override
            public void checkExit(int status) {
              throw new Exit(status);
            }
          });
      return true;
    } catch (UnsupportedOperationException error) {
      return false;
    }
  }

  static int runHere(String[] arguments, ByteArrayOutputStream printed) throws Exception {
    PrintStream stream = new PrintStream(printed, true, "UTF-8");
    System.setOut(stream);
    System.setErr(stream);
    try {
      new sun.security.tools.jarsigner.Main().run(arguments);
      return 0;
    } catch (Exit exit) {
      return exit.status;
    } finally {
      stream.flush();
    }
  }

  static int runAlone(String[] arguments, ByteArrayOutputStream printed) throws Exception {
    List<String> command = new ArrayList<>(List.of(System.getProperty("java.home") + "/bin/jarsigner"));
    command.add("-J-Duser.language=en");
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getInputStream().transferTo(printed);
    return process.waitFor();
  }
}
