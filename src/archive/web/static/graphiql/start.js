// Starts GraphiQL on the element that names the endpoint. Everything is read from beside this file: nothing leaves the site.
"use strict";

(async () => {
  const place = document.getElementById("graphiql");
  // Relative to the page, so that the site works under any path prefix.
  const endpoint = new URL(place.dataset.endpoint, document.baseURI);
  const examples = new URL("examples.json", document.currentScript.src);

  const storage = storageFor(endpoint.pathname);
  const restore = document.getElementById("restore");
  restore.hidden = storage === null;
  restore.addEventListener("click", () => {
    if (window.confirm(restore.dataset.question)) {
      storage.clear();
      // GraphiQL writes with a delay; what it still has in hand must not come back after the reload.
      storage.setItem = () => {};
      window.location.reload();
    }
  });

  const explorer = React.createElement(GraphiQL, {
    fetcher: (query, options) => ask(endpoint, query, options),
    defaultTabs: await tabs(examples),
    defaultEditorToolsVisibility: "variables",
    isHeadersEditorEnabled: false,
    showPersistHeadersSettings: false,
    storage,
  });
  ReactDOM.createRoot(place).render(explorer);
})();

// One answer for one query. An answer that is not JSON (a proxy's page, say) is shown as a sentence.
async function ask(endpoint, query, options) {
  const response = await fetch(endpoint, {
    method: "POST",
    headers: {
      ...options?.headers,
      "accept": "application/graphql-response+json, application/json;q=0.9",
      "content-type": "application/json",
    },
    body: JSON.stringify(query),
  });
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    return { errors: [{ message: `HTTP ${response.status}: ${text.slice(0, 200)}` }] };
  }
}

// The worked examples, one tab each. Without them the explorer still starts.
async function tabs(address) {
  try {
    const examples = await (await fetch(address)).json();
    return examples.map(({ title, titleZh, query, variables }) => ({
      query: `# ${titleZh}\n# ${title}\n${query}`,
      variables: Object.keys(variables).length ? JSON.stringify(variables, null, 2) : "",
    }));
  } catch {
    return undefined;
  }
}

// The browser's storage, divided by path: two archives on one host must not show each other's tabs.
// null (GraphiQL then keeps nothing) where the reader's browser refuses storage.
function storageFor(path) {
  try {
    window.localStorage.length;
  } catch {
    return null;
  }
  const shelf = `archive:${path}:`;
  const keys = () => Object.keys(window.localStorage).filter((key) => key.startsWith(shelf));
  return {
    get length() { return keys().length; },
    getItem: (key) => window.localStorage.getItem(shelf + key),
    setItem: (key, value) => window.localStorage.setItem(shelf + key, value),
    removeItem: (key) => window.localStorage.removeItem(shelf + key),
    clear: () => keys().forEach((key) => window.localStorage.removeItem(key)),
  };
}
