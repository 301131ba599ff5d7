package dev.groundmesh.controller.ca;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.groundmesh.controller.ca.SigningRequests.InvalidRequestException;
import java.util.Base64;

class SigningRequestsFuzzTest {

  @FuzzTest(maxDuration = "30s")
  void requestIsReadOrRefused(FuzzedDataProvider data) {
    String text =
        data.consumeBoolean()
            ? data.consumeRemainingAsString()
            : "-----BEGIN CERTIFICATE REQUEST-----\n"
                + Base64.getEncoder().encodeToString(data.consumeRemainingAsBytes())
                + "\n-----END CERTIFICATE REQUEST-----\n";
    try {
      SigningRequests.publicKey(text);
    } catch (InvalidRequestException e) {
      // What a parser of strangers' input is for.
    }
  }
}
