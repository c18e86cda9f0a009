// Forms with data-passkey: "create", "use" or "sign-in". They are shown where the browser knows passkeys; sending one asks
// the device first and sends its answer along. Binary values travel as base64url, as WebAuthn's JSON form has them.

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (each) => each.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
const described = (list = []) => list.map((each) => ({ ...each, id: bytes(each.id) }));

function asked(options) {
  const wanted = { ...options.publicKey, challenge: bytes(options.publicKey.challenge) };
  if (wanted.user) wanted.user = { ...wanted.user, id: bytes(wanted.user.id) };
  if (wanted.excludeCredentials) wanted.excludeCredentials = described(wanted.excludeCredentials);
  if (wanted.allowCredentials) wanted.allowCredentials = described(wanted.allowCredentials);
  return { publicKey: wanted };
}

function told(credential) {
  const said = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) said[name] = text(credential.response[name]);
  }
  return JSON.stringify({
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: said,
  });
}

async function optionsOf(form) {
  if (form.dataset.passkeyOptions) return JSON.parse(form.dataset.passkeyOptions);
  const answer = await fetch(form.action.split("#")[0], { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`the console answered ${answer.status}`);
  return (await answer.json()).request_options;
}

async function send(form) {
  const trouble = form.querySelector("[data-passkey-trouble]");
  trouble.hidden = true;
  try {
    const options = asked(await optionsOf(form));
    const isNew = form.dataset.passkey === "create";
    const credential = await (isNew ? navigator.credentials.create(options) : navigator.credentials.get(options));
    form.elements.credential.value = told(credential);
  } catch (error) {
    const wasRefused = error.name === "NotAllowedError";
    trouble.textContent = wasRefused ? "The device gave no passkey; try again." : `The passkey cannot be used: ${error.message}`;
    trouble.hidden = false;
    return;
  }
  form.submit();
}

// A passkey belongs to a name: at a bare address no browser has one.
const hasName = !/^[\d.]+$|:/.test(location.hostname);

if (window.PublicKeyCredential && hasName) {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      send(form);
    });
  }
  for (const note of document.querySelectorAll("[data-without-passkeys]")) note.hidden = true;
}
