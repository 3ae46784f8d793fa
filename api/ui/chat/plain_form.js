// Going on with the same conversation on the plain form: the token is posted, as the form itself does.

/** `token()` is that of the open session, or null; then the link leads to a new one. */
export function goOnWithPlainForm(token) {
  for (const link of document.querySelectorAll("[data-form]")) {
    link.addEventListener("click", (event) => {
      if (token() === null) return;
      event.preventDefault();
      const form = document.createElement("form");
      form.method = "post";
      form.action = link.href;
      form.hidden = true;
      for (const [name, value] of Object.entries({ session: token(), do: "look" })) {
        const field = document.createElement("input");
        field.name = name;
        field.value = value;
        form.append(field);
      }
      document.body.append(form);
      form.submit();
      // A browser may keep this page for its back button.
      form.remove();
    });
  }
}
